#include "reconciler/show/plan/show_manifest.hpp"

#include "reconciler/io/printable.hpp"

namespace ingot::show {

void put_manifest(const std::string& path, const Digest& digest, const std::optional<ManifestCommit>& git, JsonWriter& json) {
  json.begin_object();
  json.member("path", path);
  json.member("digest", digest.text());
  json.key("git");
  if (git) {
    json.begin_object();
    json.member("repository", git->repository);
    json.member_or_null("ref", git->ref);
    json.member("branch", git->branch());
    json.member("commit", git->commit);
    json.member_or_null("blob", git->blob);
    json.member("dirty", git->dirty);
    json.end_object();
  } else {
    json.value(nullptr);
  }
  json.end_object();
}

std::string manifest_words(const std::string& path, const std::optional<ManifestCommit>& git) {
  std::string words = io::printable(path);
  if (!git) return words;
  words += " at " + short_commit(git->commit);
  const std::string ref = git->branch().value_or(git->ref);
  if (!ref.empty()) words += " (" + io::printable(ref) + ")";
  if (git->dirty) words += ", with changes that are not committed";
  return words;
}

std::string short_commit(const std::string& commit) { return commit.substr(0, 12); }

}  // namespace ingot::show
