#include <sys/stat.h>

#include "reconciler/observe/observe.hpp"
#include "reconciler/transfer/canonical_tar.hpp"
#include "schema/error.hpp"

namespace ingot {

namespace {

bool is_there(const std::string& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0;
}

/// A source that cannot be surveyed has no stamp to compare; adding it will say why.
SourceView look_at(const LocalImage& image) {
  if (!is_there(*image.source)) return SourceMissing{};
  try {
    const SourceSurvey survey = survey_source(*image.source, image.exclude);
    return SourceStamp{.stamp = survey.stamp, .bytes = survey.bytes};
  } catch (const Error& error) {
    if (error.fault() != Fault::incomplete && error.fault() != Fault::local) throw;
    return SourceStamp{""};
  }
}

}  // namespace

std::map<ImageName, SourceView> observe_sources(const Manifest& manifest) {
  std::map<ImageName, SourceView> sources;
  for (const auto& image : manifest.images) {
    if (image.source) sources.emplace(image.name, look_at(image));
  }
  return sources;
}

}  // namespace ingot
