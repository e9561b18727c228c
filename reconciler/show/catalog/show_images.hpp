// Images as a table, as ingot.images/1, and one of them in full. Pure.
#pragma once

#include <vector>

#include "reconciler/show/catalog/shown_image.hpp"
#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/show/format/style.hpp"

namespace ingot::show {

void show_images(const std::vector<ShownImage>& images, const Style& style, Output& out);
void show_images_json(const std::vector<ShownImage>& images, Output& out);
/// Everything about one: `children` are the names of images here that were made from it.
void show_image(const ShownImage& image, const std::vector<std::string>& children, const Style& style, Output& out);
/// One image as a JSON value, as in ingot.images/1.
void put_image(const ShownImage& image, JsonWriter& json);

}  // namespace ingot::show
