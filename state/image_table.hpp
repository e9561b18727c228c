// Rows of the table `image` as values and back: the one place that knows all its columns.
#pragma once

#include <functional>
#include <optional>

#include "state/engine/database.hpp"
#include "state/shown_states.hpp"
#include "state/snapshot.hpp"

namespace ingot::state {

/// A row with what the state keeps for itself.
struct ImageRecord {
  ImageRow row;
  ShownStates shown;
};

using ImageRows = std::function<void(ImageRow&&)>;

/// Live and deleted ones.
std::size_t count_images(Database& database);
std::size_t count_copies_of(Database& database, const ServerId& origin);

void each_image(Database& database, const ImageRows& visit, LeftOut* left_out = nullptr);
/// Reads what load_image reads of each row beyond that.
void check_shown_states(Database& database);
void each_own_image(Database& database, const ImageRows& visit);
void each_copy_of(Database& database, const ServerId& origin, const ImageRows& visit);
/// Live or deleted images of that very name, and a live one that differs only in case.
void each_image_named(Database& database, const ImageName& name, const ImageRows& visit);
/// Live copies of images that have this name at this origin.
void each_copy_of(Database& database, const ServerId& origin, const ImageName& name, const ImageRows& visit);
/// The members of the series of that name.
void each_member_of(Database& database, const SeriesName& series, const ImageRows& visit);
/// Live images whose bytes these are.
void each_live_image_of(Database& database, const Digest& digest, const ImageRows& visit);

std::optional<ImageRecord> load_image(Database& database, ImageKey key);
/// The live image whose name is this one, ignoring case.
std::optional<ImageKey> live_image_named(Database& database, const ImageName& name);

/// A row that no head has shown; `object` and `subscription` are numbers of their tables. Gives its key.
ImageKey insert_image(Database& database, const ImageRow& row, std::int64_t object, std::optional<std::int64_t> subscription);
/// Writes the describing facts (effect.hpp, ChangeImage) and the shown states.
void update_image(Database& database, const ImageRecord& image);
/// A copy becomes an image of server `self` that no head has shown.
void adopt_image(Database& database, const ImageRow& row, const ServerId& self);
/// A deleted image lives again: what its row now says of source, rule and papers.
void revive_image(Database& database, const ImageRow& row);

/// Labels as a column holds them, and back; nullopt if they are none.
std::string write_labels(const Labels& labels);
std::optional<Labels> parse_labels(std::string_view text);

}  // namespace ingot::state
