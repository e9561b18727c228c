#include "reconciler/cli/read_manifest.hpp"

#include "reconciler/cli/fetch_manifests.hpp"
#include "reconciler/cli/host_guard.hpp"
#include "reconciler/cli/manifest_source.hpp"

namespace ingot {

std::variant<Manifest, Problems> manifest_or_problems(const Session& session) {
  if (session.flags.repo) fetch_manifests(session);
  auto read = manifest_of(session.flags);
  auto host = host_guard();
  auto* const manifest = std::get_if<Manifest>(&read);
  const auto* const guard = std::get_if<Guard>(&host);
  if (manifest == nullptr) return read;
  if (guard == nullptr) return std::get<Problems>(std::move(host));
  manifest->guard = strictest(manifest->guard, *guard);
  return read;
}

std::optional<Manifest> read_manifest(const Session& session) {
  auto read = manifest_or_problems(session);
  if (auto* manifest = std::get_if<Manifest>(&read)) return std::move(*manifest);
  show_problems_of(std::get<Problems>(read), session);
  return std::nullopt;
}

}  // namespace ingot
