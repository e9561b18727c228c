#include "reconciler/console/output_place.hpp"

#include <fmt/format.h>

#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"

namespace ingot::console {

void refuse_standard_output(std::string_view flag, const std::string& path, const std::string& instead) {
  if (path != "-") return;
  throw Error(Fault::usage, fmt::format("{} \"-\" is not a file: it cannot be written to standard output", flag), instead);
}

bool is_empty_or_begins(io::Files& files, const std::string& path, std::string_view begin) {
  try {
    const auto status = files.status(path);
    if (!status || status->kind != io::EntryKind::file) return false;
    if (status->size == 0) return true;
    std::string found(begin.size(), '\0');
    found.resize(files.open(path, io::OpenFor::read)->read_at(0, found));
    return found == begin;
  } catch (const Error&) { return false; }  // what cannot be read is not replaced
}

void require_place(io::Files& files, std::string_view flag, const std::string& path, std::string_view begin,
                   std::string_view what) {
  if (!files.status(path) || is_empty_or_begins(files, path, begin)) return;
  throw Error(Fault::usage, fmt::format("{} \"{}\" would overwrite something that is not {}", flag, io::printable(path), what),
              "name another file, or remove what is there; links and devices are not followed")
      .about(path);
}

}  // namespace ingot::console
