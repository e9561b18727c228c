#include "reconciler/show/catalog/show_garbage.hpp"

#include <algorithm>

#include "reconciler/io/printable.hpp"
#include "reconciler/show/format/json_writer.hpp"
#include "schema/text/quantity.hpp"

namespace ingot::show {

namespace {

std::string files_text(const std::vector<apply::GarbageFile>& files) {
  std::uint64_t bytes = 0;
  for (const auto& file : files) bytes += file.bytes;
  return fmt::format("{} file{}, {}", files.size(), files.size() == 1 ? "" : "s", size_text(bytes));
}

void show_files(const std::vector<apply::GarbageFile>& files, bool with_end, Output& out) {
  for (const auto& file : files) {
    out.print("  {}  {}, {}{}\n", io::printable(file.path), size_text(file.bytes), io::printable(file.what),
              with_end ? ", until " + time_text(file.until) : "");
  }
}

void put_files(std::string_view key, const std::vector<apply::GarbageFile>& files, bool with_end, JsonWriter& json) {
  json.objects(key, files, [&](const auto& file) {
    json.member("path", file.path);
    json.member("what", file.what);
    json.member("bytes", file.bytes);
    json.member("since", file.since);
    if (with_end) json.member("until", file.until);
  });
}

}  // namespace

void show_garbage(const apply::Garbage& garbage, bool dry_run, bool each, const Style& style, Output& out) {
  const auto show_list = [&](std::string_view title, const std::vector<apply::GarbageFile>& files, const std::string& end,
                             bool with_end) {
    if (files.empty()) return;
    out.print("{} {}{}\n", style.bold(fmt::format("{}:", title)), files_text(files), end);
    if (each) show_files(files, with_end, out);
  };
  show_list(dry_run ? "Would be removed" : "Removed", garbage.taken, dry_run ? "" : " freed", false);
  show_list(dry_run ? "Would no longer be served" : "No longer served", garbage.unserved, "", false);
  if (!garbage.waiting.empty()) {
    const auto by_end = [](const apply::GarbageFile& one, const apply::GarbageFile& other) { return one.until < other.until; };
    const auto first = std::min_element(garbage.waiting.begin(), garbage.waiting.end(), by_end);
    show_list("Waiting", garbage.waiting, fmt::format("; the first can be removed at {}", time_text(first->until)), true);
  }
  for (const auto& note : garbage.notes) out.print("{} {}\n", style.in(Ink::yellow, "note:"), io::printable(note));
  if (garbage.taken.empty() && garbage.unserved.empty() && garbage.waiting.empty())
    out.print("Nothing to remove: every file is needed.\n");
}

void show_garbage_json(const apply::Garbage& garbage, const apply::GarbageRules& rules, Output& out) {
  JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.gc/1");
  json.member("dry_run", rules.dry_run);
  json.member("grace", static_cast<std::uint64_t>(rules.grace.count()));
  json.member("freed", rules.dry_run ? std::uint64_t{0} : garbage.freed());
  put_files("taken", garbage.taken, false, json);
  put_files("unserved", garbage.unserved, false, json);
  put_files("waiting", garbage.waiting, true, json);
  json.key("notes");
  json.begin_lines();
  for (const auto& note : garbage.notes) json.value(note);
  json.end_array();
  json.end_object();
  json.finish();
}

}  // namespace ingot::show
