// The lies of B1-B15 as tables: what a server sends in place of an honest answer, and what it costs home at each place.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace ingot::attacks {

enum Place : std::size_t { head, page, table, bytes };
inline const std::array<std::string, 4> place_names{"head", "page", "table", "bytes"};

/// What the server sends in place of an honest body; it closes the connection behind that.
struct Lie {
  std::string name;
  std::function<std::string(const std::string& honest)> answer;
  std::array<int, 4> exits{3, 3, 3, 3};  ///< at each Place
  std::size_t asked = 1;                 ///< how often the path is asked for (at the head), with the retries
};

/// An answer with these headers, and without any.
std::string sized(const std::string& headers, const std::string& body);
std::string unsized(const std::string& body);

std::vector<Lie> cuts();
std::vector<Lie> lengths();
std::vector<Lie> encodings();
std::vector<Lie> statuses();
std::vector<Lie> web_pages();
/// To `elsewhere`, a URL of another server, and to what no server should send anybody to.
std::vector<Lie> redirects(const std::string& elsewhere);

}  // namespace ingot::attacks
