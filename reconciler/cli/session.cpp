#include "reconciler/cli/session.hpp"

#include <filesystem>

#include "reconciler/cli/fetch_manifests.hpp"
#include "reconciler/cli/host_guard.hpp"
#include "reconciler/cli/manifest_source.hpp"
#include "reconciler/cli/show_problems.hpp"

namespace ingot {

bool Session::may_draw() const { return terminal.error_is_terminal() && !flags.quiet && !flags.no_progress; }
Style Session::out_style() const { return Style(colors_wanted(flags.color, terminal.output_is_terminal())); }
Style Session::error_style() const { return Style(colors_wanted(flags.color, terminal.error_is_terminal())); }

void Session::put(const std::function<void(Output&)>& what) const {
  Output out([this](std::string_view text) { terminal.out(text); });
  what(out);
  out.flush();
}

void Session::show(const std::function<void(const Style&, Output&)>& text, const std::function<void(Output&)>& as_json) const {
  if (json()) return put(as_json);
  put([&](Output& out) { text(out_style(), out); });
}

void Session::tell(const std::string& text) const {
  if (!flags.quiet) terminal.error("ingot: " + text + "\n");
}

void Session::warn(const std::string& text) const {
  terminal.error("ingot: " + error_style().in(Ink::yellow, "warning:") + " " + text + "\n", Priority::warning);
}

std::string manifest_path(const Everywhere& flags) { return flags.manifest ? manifest_at(*flags.manifest) : "ingot.toml"; }

std::string manifest_at(const std::string& path) {
  std::error_code ignored;  // what cannot be looked at is reported when it is read
  if (!std::filesystem::is_directory(path, ignored)) return path;
  return path.ends_with('/') ? path + "ingot.toml" : path + "/ingot.toml";
}

void show_problems_of(const Problems& problems, const Session& session) {
  if (session.json())
    session.put([&](Output& out) { show_problems_json(problems, out); });
  else
    session.terminal.error(shown([&](Output& out) { show_problems(problems, session.error_style(), out); }), Priority::error);
}

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
