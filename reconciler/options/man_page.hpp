// The man page ingot(1), made of the help's pages, in scdoc's format. Pure.
#pragma once

#include <string>

namespace ingot::options {

std::string man_page();

}  // namespace ingot::options
