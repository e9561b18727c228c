// Catalog values → bytes. Deterministic: the same content gives the same bytes and the same pages on every machine.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "schema/catalog/catalog.hpp"
#include "schema/catalog/segments.hpp"
#include "schema/catalog/stated.hpp"

namespace ingot {

std::string write_head(const Head& head);
std::string write_index(const Index& index);
std::string write_segment_table(const SegmentTable& table);
/// Throws std::length_error if a reader would not take it: too long, or a text in it.
std::string write_stated(const Stated& stated);

/// Cuts entries into pages as they come. A page ends where the entries' names say so (content-defined), so that
/// adding or removing one entry changes one page or two, wherever it stands; never more than most_page_entries.
class PageWriter {
 public:
  /// `digest` hashes (schema knows no hash library); `emit` gets each finished page with its bytes.
  PageWriter(std::function<Digest(std::string_view)> digest, std::function<void(const PageRef&, const std::string& bytes)> emit);
  ~PageWriter();

  // Call in the index's order: images and tombstones by (name, created), series by name, types by name.
  void add(const ImageEntry& image);
  void add(const ImageTombstone& tombstone);
  void add(const SeriesEntry& series);  ///< with all its members
  void add(const SeriesTombstone& tombstone);
  void add(const TypeEntry& type);
  /// Ends the last page and gives the index. Throws std::length_error if a reader would not take so much.
  Index finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ingot
