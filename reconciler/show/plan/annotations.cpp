#include "reconciler/show/plan/annotations.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reconciler/io/printable.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot::show {

namespace {

std::string with_mend(const std::string& text, const std::string& mend) {
  return io::printable(mend.empty() ? text : text + "; " + mend);
}

/// Where an entry of the manifest stands; the manifest itself where no line remains.
Annotation at(const ShownPlan& plan, const std::optional<At>& place, const FileNaming& naming) {
  Annotation annotation;
  annotation.file = naming.name_of(place ? joined_path(folder_of(plan.manifest_path), place->file) : plan.manifest_path);
  annotation.line = place ? place->line : 0;
  return annotation;
}

Annotation filled(Annotation annotation, Severity severity, Code code, std::string text) {
  annotation.severity = severity;
  annotation.code = text_of(code);
  annotation.text = std::move(text);
  return annotation;
}

std::vector<Annotation> worst_first(std::vector<Annotation> annotations) {
  std::stable_sort(annotations.begin(), annotations.end(),
                   [](const Annotation& one, const Annotation& other) { return one.severity < other.severity; });
  return annotations;
}

}  // namespace

std::string FileNaming::name_of(const std::string& file) const {
  if (file.empty()) return file;
  const std::string plain = io::printable(plain_path(folder.empty() ? file : joined_path(folder + "/", file)));
  const std::string before = root.ends_with('/') ? root : root + "/";
  return plain.starts_with(before) ? plain.substr(before.size()) : plain;
}

std::vector<Annotation> annotations_of(const Problems& problems, const FileNaming& naming) {
  std::vector<Annotation> annotations;
  for (const auto& problem : problems) {
    annotations.push_back({.severity = Severity::error,
                           .code = problem.code,
                           .text = with_mend(problem.text, problem.mend),
                           .file = naming.name_of(problem.file),
                           .line = std::max(problem.line, 0),
                           .column = std::max(problem.column, 0)});
  }
  return annotations;
}

std::vector<Annotation> annotations_of(const ShownPlan& plan, const FileNaming& naming) {
  std::vector<Annotation> annotations;
  for (const auto& peer : plan.unknown) {
    annotations.push_back(filled(at(plan, peer.at, naming), peer.code == Code::untrusted ? Severity::error : Severity::warning,
                                 peer.code, io::printable(peer.text)));
  }
  for (const auto& one : plan.blocked) {
    const std::string text = fmt::format("{} {}: {}", text_of(one.verb), one.address.text, one.text);
    annotations.push_back(filled(at(plan, one.at, naming), one.code == Code::damaged ? Severity::error : Severity::warning,
                                 one.code, with_mend(text, one.mend)));
  }
  for (const auto& one : plan.held) {
    const std::string text = fmt::format("{} {}: {}", text_of(one.verb), one.address.text, one.text);
    annotations.push_back(filled(at(plan, std::nullopt, naming), Severity::warning, one.code, with_mend(text, one.mend)));
  }
  return worst_first(std::move(annotations));
}

std::vector<Annotation> annotations_of(const ShownPlan& plan, const apply::Account& account, const FileNaming& naming) {
  std::vector<Annotation> annotations;
  for (const auto& result : account.failed) {
    const auto action = std::find_if(plan.actions.begin(), plan.actions.end(),
                                     [&](const ShownAction& one) { return one.address == result.address; });
    const bool reasoned = action != plan.actions.end() && !action->because.empty();
    const auto* const failed = std::get_if<Failed>(&result.outcome);
    annotations.push_back(filled(
        at(plan, reasoned ? action->because.front().at : std::nullopt, naming), Severity::error,
        failed ? failed->code : Code::failed,
        io::printable(fmt::format("{} {}: {}", text_of(result.verb), result.address.text, failed ? failed->text : "it failed"))));
  }
  if (account.fatal) {
    for (auto& one : annotations_of(*account.fatal, plan.manifest_path, naming)) annotations.push_back(std::move(one));
  }
  for (auto& one : annotations_of(plan, naming)) annotations.push_back(std::move(one));
  return worst_first(std::move(annotations));
}

std::vector<Annotation> annotations_of(const Error& error, const std::string& manifest, const FileNaming& naming) {
  return {{.severity = Severity::error,
           .code = std::string(text_of_code(error)),
           .text = with_mend(error.what(), error.mend()),
           .file = naming.name_of(manifest),
           .line = 0,
           .column = 0}};
}

}  // namespace ingot::show
