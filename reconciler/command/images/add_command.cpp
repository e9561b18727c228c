// add: the manifest file of a new image, for a pipeline that commits it. Nothing is applied.
#include <algorithm>

#include "reconciler/command/commands.hpp"
#include "reconciler/console/manifest_path.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/source/host_guard.hpp"
#include "reconciler/source/manifest_source.hpp"
#include "reconciler/source/new_image.hpp"
#include "schema/exit_code.hpp"
#include "schema/manifest/write_image.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot::command {

namespace {

[[noreturn]] void wrong(const std::string& flag, const std::string& value, const std::string& why) {
  throw Error(Fault::usage, fmt::format("{} \"{}\" {}", flag, io::printable(value), why), "see: ingot add --help");
}

template <class Name>
Name name_of(const std::string& flag, const std::string& written) {
  if (auto name = Name::parse(written)) return *std::move(name);
  wrong(flag, written, why_not_a_name(written, Name::dots_allowed).value_or("is no name"));
}

Labels labels_of(const std::vector<std::string>& written) {
  Labels labels;
  for (const auto& one : written) {
    const auto equals = one.find('=');
    if (equals == std::string::npos) wrong("--label", one, "has no \"=\": write it as NAME=VALUE");
    if (!labels.emplace(one.substr(0, equals), one.substr(equals + 1)).second)
      wrong("--label", one, "gives a label a second value");
  }
  return labels;
}

LocalImage image_of(const options::AddArguments& arguments) {
  LocalImage image{.name = name_of<ImageName>("--name", arguments.name)};
  if (!arguments.type.empty()) image.type = name_of<TypeName>("--type", arguments.type);
  for (const auto& series : arguments.series) image.series.push_back(name_of<SeriesName>("--series", series));
  if (!arguments.parent.empty()) image.parent = name_of<ImageName>("--parent", arguments.parent);
  if (arguments.state) image.state = *arguments.state;
  image.version = arguments.version;
  image.platform = arguments.platform;
  image.description = arguments.description;
  image.labels = labels_of(arguments.labels);
  return image;
}

Problems already_there(const source::NewFile& file) {
  return {Problem{.file = file.path,
                  .line = 1,
                  .column = 1,
                  .code = "duplicate",
                  .text = "this file is there already",
                  .mend = "choose another --name"}};
}

/// A link could lead anywhere.
void require_own_folder(const std::string& folder, io::Files& files) {
  const auto found = files.status(folder);
  if (!found || found->kind == io::EntryKind::folder) return;
  throw Error(Fault::usage,
              fmt::format("\"{}\" is {}", io::printable(folder), found->kind == io::EntryKind::link ? "a link" : "no folder"),
              "the images of a manifest lie in a folder \"images\" beside it: make it one")
      .about(folder);
}

/// What an add that was killed has left. One that runs now needs less than an hour to write its few lines.
void remove_left_files(const std::string& folder, const console::Session& session) {
  constexpr Seconds old = std::chrono::hours(1);
  for (const auto& name : session.files.list(folder)) {
    if (!io::is_left_by_write_new_file(name)) continue;
    const std::string path = fmt::format("{}/{}", folder, name);
    const auto left = session.files.status(path);
    if (left && left->kind == io::EntryKind::file && session.clock.now() - Time(Seconds(left->mtime_seconds)) > old)
      session.files.remove(path);
  }
}

/// False: the file is there already.
bool write_new(const source::NewFile& file, const std::string& folder, const console::Session& session) {
  session.files.make_folder(folder);
  remove_left_files(folder, session);
  return io::write_new_file(session.files, file.path, file.text);
}

void show_added(const LocalImage& image, const source::NewFile& file, const console::Session& session) {
  session.show(
      [&](const show::Style&, show::Output& out) {
        out.print("wrote {}\n", io::printable(file.path));
        out.print("Nothing is applied yet. Commit the file; \"ingot plan\" shows what it changes.\n");
      },
      [&](show::Output& out) {
        show::JsonWriter json(out);
        json.begin_object();
        json.member("format", "ingot.added/1");
        json.member("image", image.name.text());
        json.member("file", file.path);
        json.member("source", image.source.value_or(""));
        json.values("series", image.series, [&](const auto& series) { return series.text(); });
        json.end_object();
        json.finish();
      });
}

}  // namespace

int run_command(const options::AddArguments& arguments, const console::Session& session) {
  if (session.flags.rev || session.flags.repo)
    throw Error(Fault::usage, "add writes a file beside the manifest: it takes no --rev and no --repo",
                "check the branch out first");
  LocalImage image = image_of(arguments);
  const std::string manifest = console::manifest_path(session.flags);
  const std::string folder = folder_of(manifest) + "images";
  require_own_folder(folder, session.files);
  image.source = source::source_seen_from(arguments.source, folder, folder_of(manifest));
  const source::NewFile file{.path = fmt::format("{}/{}.toml", folder, image.name.text()), .text = write_image(image)};
  ManifestFiles files = source::checked_out_files(manifest);
  source::tell_of_this_host(files);
  const bool there = session.files.status(file.path).has_value();
  Problems problems = there ? already_there(file) : source::problems_with(file, image.name, manifest, std::move(files));
  if (problems.empty() && !write_new(file, folder, session)) problems = already_there(file);
  if (!problems.empty()) {
    console::show_problems_of(problems, session);
    return exit_manifest;
  }
  show_added(image, file, session);
  return exit_done;
}

}  // namespace ingot::command
