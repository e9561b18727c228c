#include "tests/support/export_case.hpp"

namespace ingot::testing_support {

namespace {

std::optional<ImageName> name_or_none(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(ImageName::of(text));
}

}  // namespace

void take_export(const CaseLine& line, state::Snapshot& snapshot) {
  snapshot.exports.push_back({.name = ExportName::of(line.word(1)),
                              .folder = line.word(2),
                              .link = line.text("link"),
                              .linked = name_or_none(line.text("linked")),
                              .run_for = name_or_none(line.text("run-for"))});
}

void take_exported(const CaseLine& line, const Digest& digest, state::Snapshot& snapshot, plan::Observed& observed) {
  const auto name = ExportName::of(line.word(1));
  const auto image = ImageName::of(line.word(3));
  snapshot.exported.push_back({.name = name,
                               .folder = line.word(2),
                               .image = image,
                               .digest = digest,
                               .kind = ImageKind::tree,
                               .top = "as it was made",
                               .listing = {},
                               .changes = split(line.text("changes"), ','),
                               .owner = line.text("owner"),
                               .mode = line.text("mode")});
  plan::ExportView& view = observed.exports[{name, line.word(2)}];
  view.entries.insert(image.text());
  view.exported.try_emplace(image);
}

void take_export_view(const CaseLine& line, plan::Observed& observed) {
  plan::ExportView& view = observed.exports[{ExportName::of(line.word(0)), line.word(1)}];
  for (const auto& entry : split(line.text("entries"), ',')) view.entries.insert(entry);
  const auto see = [&](const std::string& key, plan::ExportSight sight, const std::string& why) {
    for (const auto& image : split(line.text(key), ','))
      view.exported.insert_or_assign(ImageName::of(image), plan::ExportedView{.sight = sight, .why = why});
  };
  see("changed", plan::ExportSight::changed, "is not as it was exported");
  see("half-given", plan::ExportSight::half_given, "");
  see("gone", plan::ExportSight::gone, "");
  see("left-over", plan::ExportSight::left_over, "");
  for (const auto& image : split(line.text("used"), ','))
    view.exported[ImageName::of(image)].used_by = "process 7 (db) runs a program there";
  for (const auto& link : split(line.text("link"), ',')) {
    const auto colon = link.find(':');
    const std::string target = link.substr(colon + 1);
    view.links.insert_or_assign(link.substr(0, colon), plan::LinkSight{.is_link = !target.empty(), .target = target});
  }
  if (line.has("refused")) view.refusal = {.code = Code::host_guard, .text = "root may not export there", .mend = "list it"};
  if (line.has("unwritable")) view.unwritable = "\"" + line.word(1) + "\" cannot be written: Read-only file system";
  if (line.has("not-mounted"))
    view.refusal = {.code = Code::not_mounted, .text = "its file system is not mounted", .mend = "mount it"};
}

}  // namespace ingot::testing_support
