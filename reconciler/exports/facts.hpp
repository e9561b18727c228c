// What an exported image looks like on disk: enough to tell later whether it is still what ingot made. No file is opened.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "schema/digest.hpp"
#include "schema/image.hpp"

namespace ingot::exports {

/// Compares with what was remembered when the export was made.
struct Facts {
  std::string top;  ///< kind, mode, owner, size and time of the entry itself
  Digest listing;   ///< of path, kind, size, time and mode of every member
  bool operator==(const Facts&) const = default;
};

/// Whether everything may change, owner, mode and bytes of the entry itself too: a glob is "*" or "**".
bool lets_all_change(const std::vector<std::string>& changes);

/// Nothing is there.
struct Absent {
  bool operator==(const Absent&) const = default;
};
/// Something is there that no export can be: a link, a socket, something that cannot be read. `why` is a clause.
struct Unfit {
  std::string why;
  bool operator==(const Unfit&) const = default;
};

/// To be remembered instead of Facts::top while owner and mode are given to what is at `path`: it tells that entry from another
/// one that somebody puts in its place. Error{local} if it cannot be looked at.
std::string half_given_top(const std::string& path);

/// Facts::top of what is at `path`, without looking below it. `changes`: some members may change, so that the time of a folder
/// does not count. Never follows a link at the end of `path`.
std::variant<std::string, Absent, Unfit> top_of(const std::string& path, bool changes);

/// The facts of all that is at `path`. Members that a glob of `changes` names do not count. Unfit too: a member changes at this
/// moment, or something is mounted in it, also below what may change.
std::variant<Facts, Absent, Unfit> facts_of(const std::string& path, const std::vector<std::string>& changes);

/// An export as it was remembered.
struct Remembered {
  std::string folder;
  std::string name;
  std::string top;
  Digest listing;
  std::vector<std::string> changes;
  std::string path() const { return folder + "/" + name; }
};
enum class Likeness {
  whole,       ///< as it was remembered
  half_given,  ///< a run ended while it gave owner and mode
  changed,     ///< somebody changed it
  gone,        ///< it is not there any more
  left_over,   ///< it is not there, but something of an export or a removal that was cut short is
};
struct Comparison {
  Likeness likeness = Likeness::whole;
  std::string why = {};  ///< of a changed one, as a clause: "is not as it was exported"
};
/// `members`: all of them, else the top alone. Of a half given one only that it is the same entry.
Comparison compare(const Remembered& remembered, bool members);

}  // namespace ingot::exports
