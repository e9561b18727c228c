// The papers beside an image as text (R27): enough to say what it is, where it came from and why, if the state is lost.
#pragma once

#include <string>

#include "state/snapshot.hpp"

namespace ingot {

/// One line of JSON, "ingot.papers/1", of an image as it comes.
std::string write_papers(const ImageRow& row);

}  // namespace ingot
