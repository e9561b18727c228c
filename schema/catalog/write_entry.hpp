// Entries of a catalog → lines of a page, each with its newline.
#pragma once

#include <string>

#include "schema/catalog/catalog.hpp"

namespace ingot {

// Each appends one line. std::logic_error if the entry holds what no reader accepts (text with control characters, no
// state, a copy without its peer …): better no catalog than one that nobody can read.
void append_line(std::string& page, const ImageEntry& image);
void append_line(std::string& page, const ImageTombstone& tombstone);
void append_line(std::string& page, const SeriesEntry& series);  ///< its own line, without the members
void append_line(std::string& page, const SeriesMember& member);
void append_line(std::string& page, const SeriesTombstone& tombstone);
void append_line(std::string& page, const TypeEntry& type);

}  // namespace ingot
