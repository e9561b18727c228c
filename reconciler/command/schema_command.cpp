#include <algorithm>

#include "reconciler/command/commands.hpp"
#include "reconciler/command/schemas.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/site/find_image.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

void list_schemas(const console::Session& session) {
  session.show(
      [](const show::Style&, show::Output& out) {
        for (const auto& schema : embedded_schemas()) out.print("{}\n", schema.name);
      },
      [](show::Output& out) {
        show::JsonWriter json(out);
        json.begin_object();
        json.member("format", "ingot.schemas/1");
        json.values("schemas", embedded_schemas(), [&](const auto& schema) { return schema.name; });
        json.end_object();
        json.finish();
      });
}

}  // namespace

int run_command(const options::SchemaArguments& arguments, const console::Session& session) {
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
    const std::string hint = site::nearest_hint(*arguments.name, names);
    throw Error(Fault::usage, fmt::format("there is no schema \"{}\"", io::printable(*arguments.name)),
                hint.empty() ? "see: ingot schema" : hint)
        .with_code(Code::unknown_schema)
        .about(*arguments.name);
  }
  session.put([&](show::Output& out) { out.put(found->text); });
  return exit_done;
}

}  // namespace ingot::command
