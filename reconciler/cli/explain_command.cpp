#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/look.hpp"
#include "reconciler/cli/show_explain.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/plan/explain.hpp"
#include "schema/exit_code.hpp"
#include "schema/nearest.hpp"

namespace ingot {

int run_command(const ExplainArguments& arguments, const Session& session) {
  const auto manifest = read_manifest(session);
  if (!manifest) return exit_manifest;
  Site site(*manifest, Access::read_only, session.files);
  const auto transport = session.connect();
  const Looked looked = look(site, {.raise_removals = {}, .raise_stops = {}, .allow_empty = true}, Pages::always, *transport, session);
  const auto subjects = explain(arguments.what, *manifest, looked.snapshot, looked.observed, looked.plan);
  session.show([&](const Style& style, Output& out) { show_explain(subjects, style, out); }, [&](Output& out) { show_explain_json(subjects, out); });
  if (!subjects.empty()) return exit_done;
  const auto near = nearest(arguments.what, known_names(*manifest, looked.snapshot, looked.observed));
  session.warn(fmt::format("nothing here or on a peer bears the name \"{}\"{}", printable(arguments.what), near ? fmt::format("; did you mean \"{}\"?", printable(*near)) : ""));
  return exit_incomplete;
}

}  // namespace ingot
