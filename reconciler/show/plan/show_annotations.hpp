// Annotations in the forms that build servers read: GitHub's workflow commands, GitLab's Code Quality, SARIF 2.1.0, JUnit. Pure.
#pragma once

#include <string>
#include <vector>

#include "reconciler/show/format/output.hpp"
#include "reconciler/show/plan/annotations.hpp"

namespace ingot::show {

/// GitHub shows so many of each severity in a step: more are counted in the last one.
inline constexpr std::size_t most_github_annotations = 10;

/// "::error file=…,line=…,title=…::…" lines.
void show_github(const std::vector<Annotation>& annotations, Output& out);
/// An array; fingerprints are unique, and stay when lines move.
void show_code_quality(const std::vector<Annotation>& annotations, Output& out);
/// `completed`: false if the run ended before it had a result.
void show_sarif(const std::vector<Annotation>& annotations, bool completed, const std::string& version, Output& out);
/// A suite "ingot": a failed case for each annotation, or one case named `subject` that passed.
void show_junit(const std::vector<Annotation>& annotations, const std::string& subject, Output& out);

}  // namespace ingot::show
