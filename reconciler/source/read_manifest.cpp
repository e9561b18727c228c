#include "reconciler/source/read_manifest.hpp"

#include "reconciler/source/fetch_manifests.hpp"
#include "reconciler/source/host_guard.hpp"
#include "reconciler/source/manifest_source.hpp"

namespace ingot::source {

std::variant<Manifest, Problems> manifest_or_problems(const console::Session& session) {
  if (session.flags.repo) fetch_manifests(session);
  return fetched_manifest(session.flags);
}

std::variant<Manifest, Problems> fetched_manifest(const options::GlobalOptions& flags) {
  auto read = manifest_of(flags);
  auto host = host_guard();
  auto* const manifest = std::get_if<Manifest>(&read);
  const auto* const guard = std::get_if<Guard>(&host);
  if (manifest == nullptr) return read;
  if (guard == nullptr) return std::get<Problems>(std::move(host));
  manifest->guard = strictest(manifest->guard, *guard);
  return read;
}

std::optional<Manifest> read_manifest(const console::Session& session) {
  auto read = manifest_or_problems(session);
  if (auto* manifest = std::get_if<Manifest>(&read)) return std::move(*manifest);
  console::show_problems_of(std::get<Problems>(read), session);
  return std::nullopt;
}

std::optional<Manifest> read_server_section(const console::Session& session) {
  if (session.flags.repo) fetch_manifests(session);
  auto read = manifest_of(session.flags, ManifestPart::server);
  if (auto* manifest = std::get_if<Manifest>(&read)) return std::move(*manifest);
  console::show_problems_of(std::get<Problems>(read), session);
  return std::nullopt;
}

}  // namespace ingot::source
