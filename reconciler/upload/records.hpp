// What this server remembers of one place that it uploads to, as a port: the state (apply), or memory in tests. Everything is
// durable when a call returns.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reconciler/upload/tree_files.hpp"

namespace ingot::upload {

/// An object that was put, or was about to be.
struct RecordedObject {
  Piece piece;
  std::optional<std::string> etag;          ///< as the store names it; nullopt: it is not known to be there
  std::optional<Time> unneeded_since = {};  ///< when gc first saw that no reader needs it
  bool operator==(const RecordedObject&) const = default;
};

/// The head that was put last.
struct RecordedHead {
  Serial serial = 0;  ///< 0: none was
  std::string etag;   ///< "": not known
};

/// An upload in parts.
struct RecordedParts {
  std::string id;
  std::map<int, std::string> etags;  ///< of the parts that are there, by their numbers
};

/// Thread-safe.
class Records {
 public:
  virtual ~Records() = default;
  virtual RecordedHead head() = 0;
  virtual std::map<std::string, RecordedObject> objects() = 0;  ///< by path
  /// These are going to be put, and are not known to be there: from now on gc knows of them. An upload in parts of the same bytes
  /// stays under way.
  virtual void begin(const std::vector<TreeFile>& files) = 0;
  /// These are there now, with these ETags.
  virtual void done(const std::vector<std::pair<TreeFile, std::string>>& files) = 0;
  virtual void head_is(const RecordedHead& head) = 0;

  virtual std::optional<RecordedParts> parts(const std::string& path) = 0;
  /// "": none are under way any more.
  virtual void parts_are(const std::string& path, const std::string& id) = 0;
  virtual void part_is_there(const std::string& path, int number, const std::string& etag) = 0;
  virtual std::vector<std::string> paths_in_parts() = 0;

  virtual void mark_unneeded(const std::vector<std::pair<std::string, std::optional<Time>>>& paths) = 0;
  virtual void forget(const std::vector<std::string>& paths) = 0;
};

}  // namespace ingot::upload
