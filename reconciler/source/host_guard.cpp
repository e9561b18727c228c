#include "reconciler/source/host_guard.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "reconciler/io/disk/manifest_files.hpp"
#include "schema/error.hpp"
#include "schema/manifest/parse_guard.hpp"

namespace ingot::source {

namespace {

constexpr const char* usual_guard = "/etc/ingot/guard.toml";
constexpr const char* usual_signers = "/etc/ingot/allowed_signers";

/// A file that is not there has no guards; one that cannot be read might have any.
std::variant<Guard, Problems> guard_in(const std::string& path) {
  const auto read = io::disk_manifest_files().read(path);
  if (const auto* const unreadable = std::get_if<Unreadable>(&read)) {
    return Problems{{.file = path,
                     .code = "unreadable",
                     .text = "the guard cannot be read: " + unreadable->why,
                     .mend = "make it readable, or remove it"}};
  }
  return parse_guard(std::get<std::string>(read), path);
}

/// Error{local}: nobody can say.
bool is_there(const char* path) {
  std::error_code failed;
  const auto status = std::filesystem::symlink_status(path, failed);
  if (status.type() == std::filesystem::file_type::none && failed != std::errc::permission_denied) {
    throw Error(Fault::local, fmt::format("cannot tell whether \"{}\" exists: {}", path, failed.message()),
                "nothing was done, because it may hold guards; try again");
  }
  return status.type() != std::filesystem::file_type::not_found;
}

}  // namespace

std::variant<Guard, Problems> host_guard() {
  Guard host;
  if (is_there(usual_guard)) {
    auto read = guard_in(usual_guard);
    auto* const guard = std::get_if<Guard>(&read);
    if (guard == nullptr) return read;
    host = std::move(*guard);
    // Else a further file could name signers in the place of those that this one means, or allow variables and folders that it
    // does not.
    if (host.signers.empty()) host.signers.push_back(usual_signers);
    if (!host.variables) host.variables.emplace();
    if (!host.export_to) host.export_to.emplace();
    if (!host.export_run) host.export_run.emplace();
  }
  const char* const further = std::getenv("INGOT_GUARD");
  if (further == nullptr || *further == '\0') return host;
  auto read = guard_in(further);
  const auto* const guard = std::get_if<Guard>(&read);
  if (guard == nullptr) return read;
  return strictest(host, *guard);
}

void tell_of_this_host(ManifestFiles& files) {
  const auto host = host_guard();
  const auto* const guard = std::get_if<Guard>(&host);
  files.variables = guard != nullptr ? guard->variables.value_or(std::vector<std::string>()) : std::vector<std::string>();
  std::error_code gone;
  files.working_folder = std::filesystem::current_path(gone).string();
}

std::vector<std::string> allowed_signers(const Guard& guard) {
  std::vector<std::string> files = guard.signers;
  const bool named = std::find(files.begin(), files.end(), usual_signers) != files.end();
  if (!named && (files.empty() || (!is_there(usual_guard) && is_there(usual_signers)))) files.emplace_back(usual_signers);
  return files;
}

}  // namespace ingot::source
