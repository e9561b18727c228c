#include "reconciler/source/manifest_source.hpp"

#include "reconciler/console/manifest_path.hpp"
#include "reconciler/io/disk/manifest_files.hpp"
#include "reconciler/io/git/submodules.hpp"
#include "reconciler/io/git/tree_files.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/source/fetch_manifests.hpp"
#include "reconciler/source/host_guard.hpp"
#include "schema/manifest/parse_manifest.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot::source {

namespace {

constexpr std::string_view usual_name = "ingot.toml";

std::string in_folder(const std::string& folder, std::string_view name) {
  return folder.empty() || folder.ends_with('/') ? folder + std::string(name) : folder + "/" + std::string(name);
}

std::optional<std::string> home_of(const options::GlobalOptions& flags) {
  return flags.home ? std::optional(in_folder(*flags.home, "")) : std::nullopt;
}

/// A bare repository is no place for a store.
std::optional<std::string> home_of(const options::GlobalOptions& flags, const io::GitRepository& repository) {
  return flags.home || (!repository.is_bare() && !flags.repo) ? home_of(flags) : std::optional<std::string>("");
}

/// A manifest in a tree: the path in the tree, and the one that is shown.
struct Named {
  std::string path;
  std::string shown;
};

/// A folder means its ingot.toml.
Named named_in(const io::GitTreeFiles& tree, Named named) {
  if (!tree.is_folder(named.path)) return named;
  return {in_folder(named.path, usual_name), in_folder(named.shown, usual_name)};
}

std::variant<Manifest, Problems> read_at(const std::shared_ptr<const io::GitTreeFiles>& tree, const Named& named,
                                         std::optional<std::string> home, ManifestPart part = ManifestPart::whole) {
  ManifestFiles files = io::manifest_files(tree, folder_of(named.shown), folder_of(named.path));
  files.home = std::move(home);
  tell_of_this_host(files);
  return parse_manifest(named.shown, files, part);
}

std::variant<Manifest, Problems> read_revision(const options::GlobalOptions& flags, ManifestPart part) {
  const GitPlace place = *git_place_of(flags);
  const io::NamedCommit commit = place.repository.resolve(*flags.rev);
  const auto tree = std::make_shared<const io::GitTreeFiles>(place.repository, commit.id);
  const Named named = named_in(*tree, {place.path, flags.manifest.value_or(std::string(usual_name))});
  auto read = read_at(tree, named, home_of(flags, place.repository), part);
  if (auto* const manifest = std::get_if<Manifest>(&read)) {
    manifest->git = ManifestCommit{.repository = flags.repo ? without_credentials(*flags.repo) : place.repository.address(),
                                   .ref = commit.ref,
                                   .commit = commit.id,
                                   .blob = tree->blob(named.path)};
  }
  return read;
}

/// The repository that a manifest on the disk lies in, or why it cannot be used.
struct Around {
  std::optional<io::GitRepository> repository;
  std::string trouble;
};

std::string all_words(const Error& error) { return error.mend().empty() ? error.text() : error.text() + "; " + error.mend(); }

/// A repository that cannot be used is no mistake of the manifest's, but one that kills whoever reads it is no place for one.
Around repository_around(const std::string& path) {
  try {
    return {io::GitRepository::holding(path), ""};
  } catch (const Error& error) {
    if (error.fault() != Fault::usage) throw;
    return {std::nullopt, all_words(error)};
  }
}

ManifestFiles files_in(const Around& around) {
  return around.repository ? io::without_submodules(io::disk_manifest_files(), *around.repository) : io::disk_manifest_files();
}

/// The commit that is checked out where the manifest lies.
void find_commit(Manifest& manifest, const io::ReadFromDisk& heard, const Around& around) {
  manifest.no_git = around.trouble;
  if (!around.repository) return;
  const auto& repository = around.repository;
  try {
    const auto head = repository->head();
    if (!head) {
      manifest.no_git = "its git repository has no commit yet";
      return;
    }
    const io::GitTreeFiles tree(*repository, head->id);
    manifest.git = ManifestCommit{.repository = repository->address(),
                                  .ref = head->ref,
                                  .commit = head->id,
                                  .blob = tree.blob(repository->path_in(manifest.path)),
                                  .dirty = !heard.differing(tree, *repository).empty()};
  } catch (const Error& error) {
    if (error.fault() != Fault::usage) throw;
    manifest.no_git = all_words(error);
  }
}

std::variant<Manifest, Problems> read_disk(const options::GlobalOptions& flags, ManifestPart part) {
  io::ReadFromDisk heard;
  const Around around = repository_around(console::manifest_path(flags));
  ManifestFiles files = heard.listen(files_in(around));
  files.home = home_of(flags);
  tell_of_this_host(files);
  auto read = parse_manifest(console::manifest_path(flags), files, part);
  auto* const manifest = std::get_if<Manifest>(&read);
  if (manifest && part == ManifestPart::whole) find_commit(*manifest, heard, around);
  return read;
}

}  // namespace

std::optional<GitPlace> git_place_of(const options::GlobalOptions& flags) {
  if (flags.repo) {
    return GitPlace{io::GitRepository::at(repository_cache(flags), without_credentials(*flags.repo)),
                    flags.manifest.value_or(std::string(usual_name))};
  }
  const std::string path = flags.rev ? flags.manifest.value_or(std::string(usual_name)) : console::manifest_path(flags);
  auto repository = io::GitRepository::holding(path);
  if (!repository) {
    if (!flags.rev) return std::nullopt;
    throw Error(Fault::usage, fmt::format("\"{}\" is in no git repository, which --rev needs", io::printable(path)),
                "give a path in a work tree or a bare repository with -f")
        .with_code(Code::no_repository)
        .about(path);
  }
  std::string in_tree = repository->path_in(path);
  return GitPlace{*std::move(repository), std::move(in_tree)};
}

std::variant<Manifest, Problems> manifest_at(const GitPlace& place, const AtCommit& at, const options::GlobalOptions& flags) {
  const auto tree = std::make_shared<const io::GitTreeFiles>(place.repository, at.commit);
  return read_at(tree, named_in(*tree, {place.path, at.shown}), home_of(flags, place.repository));
}

std::variant<Card, Problems, NoCard> card_beside(const options::GlobalOptions& flags) {
  constexpr std::string_view name = "server.card.toml";
  std::string shown;
  std::variant<std::string, Unreadable> text;
  if (flags.rev) {
    const GitPlace place = *git_place_of(flags);
    const io::GitTreeFiles tree(place.repository, place.repository.resolve(*flags.rev).id);
    const Named named = named_in(tree, {place.path, flags.manifest.value_or(std::string(usual_name))});
    shown = folder_of(named.shown) + std::string(name);
    text = tree.read(folder_of(named.path) + std::string(name));
  } else {
    shown = folder_of(console::manifest_path(flags)) + std::string(name);
    text = io::disk_manifest_files().read(shown);
  }
  if (const auto* const unreadable = std::get_if<Unreadable>(&text)) return NoCard{.path = shown, .why = unreadable->why};
  auto card = parse_card(std::get<std::string>(text), shown);
  if (auto* const good = std::get_if<Card>(&card)) return std::move(*good);
  return std::get<Problems>(std::move(card));
}

std::variant<Card, Problems> own_card_of(const options::GlobalOptions& flags) {
  auto card = card_beside(flags);
  if (auto* const good = std::get_if<Card>(&card)) return std::move(*good);
  if (auto* const problems = std::get_if<Problems>(&card)) return std::move(*problems);
  const auto& none = std::get<NoCard>(card);
  throw Error(Fault::usage,
              fmt::format("the server's card \"{}\" cannot be read: {}", io::printable(none.path), io::printable(none.why)),
              "commit the card beside the manifest, where \"ingot init\" wrote it; \"ingot card\" prints it")
      .with_code(Code::no_card)
      .about(none.path);
}

std::vector<std::string> uncommitted_files(const options::GlobalOptions& flags) {
  if (flags.rev) return {};
  io::ReadFromDisk heard;
  const std::string path = console::manifest_path(flags);
  (void)parse_manifest(path, heard.listen(io::disk_manifest_files()));
  const auto repository = io::GitRepository::holding(path);
  const auto head = repository ? repository->head() : std::nullopt;
  return head ? heard.differing(io::GitTreeFiles(*repository, head->id), *repository) : std::vector<std::string>{};
}

ManifestFiles checked_out_files(const std::string& path) { return files_in(repository_around(path)); }

std::variant<Manifest, Problems> manifest_of(const options::GlobalOptions& flags, ManifestPart part) {
  return flags.rev ? read_revision(flags, part) : read_disk(flags, part);
}

}  // namespace ingot::source
