// What drift (is it still here?) and verify (is it still whole?) found. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reconciler/show/format/output.hpp"
#include "reconciler/show/format/style.hpp"

namespace ingot::show {

enum class FindingKind { image, piece, delta, exported, link, state };

/// Something that is not as it should be.
struct Finding {
  std::string what;  ///< "image db19_24", "head", "page sha256:…"
  std::string path;  ///< may be ""
  std::string why;
  FindingKind kind = FindingKind::piece;  ///< piece: a published file
};

struct Findings {
  std::uint64_t images = 0;   ///< looked at
  std::uint64_t pieces = 0;   ///< published files looked at: head, index, pages
  std::uint64_t bytes = 0;    ///< re-hashed; 0 for drift
  std::uint64_t exports = 0;  ///< exported images looked at; 0 for verify
  std::uint64_t deltas = 0;   ///< re-hashed; 0 for drift
  std::vector<Finding> faults;
  std::vector<Finding> repaired = {};  ///< faults that were found and are mended
};

void show_drift(const Findings& findings, const Style& style, Output& out);
void show_drift_json(const Findings& findings, Output& out);
void show_verify(const Findings& findings, const Style& style, Output& out);
/// Of the objects in a store (`place`); its JSON is that of verify.
void show_verify_upload(const Findings& findings, const std::string& place, const Style& style, Output& out);
void show_verify_json(const Findings& findings, Output& out);

}  // namespace ingot::show
