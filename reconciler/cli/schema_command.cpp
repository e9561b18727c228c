#include <algorithm>

#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/find_image.hpp"
#include "reconciler/cli/json_writer.hpp"
#include "reconciler/cli/schemas.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/exit_code.hpp"

namespace ingot {

namespace {

void list_schemas(const Session& session) {
  session.show(
      [](const Style&, Output& out) {
        for (const auto& schema : embedded_schemas()) out.print("{}\n", schema.name);
      },
      [](Output& out) {
        JsonWriter json(out);
        json.begin_object();
        json.member("format", "ingot.schemas/1");
        json.key("schemas");
        json.begin_array();
        for (const auto& schema : embedded_schemas()) json.value(schema.name);
        json.end_array();
        json.end_object();
        json.finish();
      });
}

}  // namespace

int run_command(const SchemaArguments& arguments, const Session& session) {
  if (!arguments.name) {
    list_schemas(session);
    return exit_done;
  }
  const auto all = embedded_schemas();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const EmbeddedSchema& schema) { return schema.name == *arguments.name; });
  if (found == all.end()) {
    std::vector<std::string> names;
    for (const auto& schema : all) names.emplace_back(schema.name);
    const std::string hint = nearest_hint(*arguments.name, names);
    throw Error(Fault::usage, fmt::format("there is no schema \"{}\"", printable(*arguments.name)),
                hint.empty() ? "see: ingot schema" : hint)
        .with_code("unknown-schema")
        .about(*arguments.name);
  }
  session.put([&](Output& out) { out.put(found->text); });
  return exit_done;
}

}  // namespace ingot
