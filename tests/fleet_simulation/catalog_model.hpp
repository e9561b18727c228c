// What an origin publishes, by its lengths alone: which pages each head names, and which of them a reader has to fetch. Lines are
// written by the real writer; where pages end is reckoned here, and held against real servers in every run (`check.hpp`).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "schema/catalog/catalog.hpp"

namespace ingot::fleet_simulation {

/// What is fetched.
struct Fetch {
  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;
  Fetch& operator+=(const Fetch& more) {
    requests += more.requests;
    bytes += more.bytes;
    return *this;
  }
  bool operator==(const Fetch&) const = default;
};

/// A first root of trust as published.
inline constexpr std::uint64_t root_bytes = 595;

class CatalogModel {
 public:
  CatalogModel(ServerId id, ServerName name, std::size_t series);

  /// A public image that the next head shows. Gives its place in its series.
  std::size_t add(const ImageEntry& image, const SeriesName& series_name, std::size_t series);
  /// The next head shows an image so.
  void change(const ImageEntry& image, std::size_t series, std::size_t place);
  bool has_changes() const { return has_changes_; }
  /// The next head, with the next serial: of what changed, or as the last one for longer.
  Serial publish(Time now);

  Serial serial() const { return heads_.size(); }
  Serial next_serial() const { return serial() + 1; }
  const ServerId& id() const { return id_; }
  Time issued(Serial serial) const { return heads_[serial - 1].issued; }
  std::uint64_t head_bytes(Serial serial) const { return heads_[serial - 1].bytes; }
  std::uint64_t index_bytes(Serial serial) const { return heads_[serial - 1].index_bytes; }
  bool same_index(Serial one, Serial other) const;
  /// Index and pages of `to` that a reader has to fetch who has those of `from`; 0: has nothing.
  Fetch news(Serial from, Serial to);
  /// The same one by one, the index first; `piece` tells it from the others. Until `visit` is false.
  void each_new_piece(Serial from, Serial to, const std::function<bool(std::uint64_t piece, std::uint64_t bytes)>& visit) const;
  /// All that the newest head names.
  Fetch whole() const { return whole_; }
  /// Pieces that were ever published, also those that no head names any more.
  Fetch ever() const { return ever_; }

 private:
  struct Line {
    std::uint64_t content = 0;  ///< tells it from any other line
    std::uint32_t length = 0;
    bool ends_page = false;
  };
  struct Member {
    std::string name;
    Line image;
    Line member;
  };
  struct Series {
    std::string name;
    Line line;  ///< of the series itself
    std::vector<Member> members = {};
  };
  struct Page {
    std::uint64_t content = 0;
    std::uint64_t length = 0;
    std::uint64_t entries = 0;
    std::string first = {};
  };
  struct PageVersion {
    Serial created = 0;
    Serial removed = 0;  ///< 0: the newest head names it
    std::uint64_t length = 0;
    std::uint64_t index_line = 0;
  };
  struct HeadRow {
    Time issued;
    std::uint64_t bytes = 0;
    std::uint64_t index_bytes = 0;
    Serial index_since = 0;  ///< the head that had this index first
  };

  Line line_of(const std::string& key, const std::string& text) const;
  void cut_pages(Serial serial);
  void keep(PageKind kind, Page& page, Serial serial);

  ServerId id_;
  ServerName name_;
  std::vector<Series> series_;
  bool has_changes_ = true;  ///< a new server publishes an empty catalog
  std::vector<HeadRow> heads_;
  std::vector<PageVersion> versions_;             ///< by `created`
  std::map<std::uint64_t, std::size_t> current_;  ///< by content, places in versions_
  std::map<std::uint64_t, std::size_t> kept_;     ///< of those the ones that the head under way names
  std::map<std::pair<Serial, Serial>, Fetch> news_;
  Fetch whole_, ever_;
};

}  // namespace ingot::fleet_simulation
