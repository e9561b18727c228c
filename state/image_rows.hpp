// How rows of images begin: with what a catalog's entry, or the manifest, says of one.
#pragma once

#include "schema/catalog/catalog.hpp"
#include "schema/manifest/manifest.hpp"
#include "state/snapshot.hpp"

namespace ingot::state {

/// A row that says nothing yet but its names.
inline ImageRow blank_row(const ImageName& name, const ServerName& origin_name) {
  return ImageRow{.name = name,
                  .identity = {},
                  .origin_name = origin_name,
                  .copied_from = {},
                  .digest = {},
                  .version = {},
                  .platform = {},
                  .description = {},
                  .labels = {},
                  .reason = {},
                  .parent_name = {},
                  .parent = {},
                  .parent_identity = {},
                  .source_stamp = {},
                  .unwanted_since = {},
                  .rule = {},
                  .created = {},
                  .papers = {.time = {}, .run = {}, .actor = {}, .commit = {}, .rule = {}, .peer = {}, .head = {}}};
}

/// What every server says alike of an image that a catalog lists: what never changes of it, and its texts.
inline ImageRow listed_row(const ImageName& name, const ImageEntry& entry) {
  ImageRow row = blank_row(name, entry.origin_name);
  row.identity = entry.identity;
  row.digest = entry.digest;
  row.size = entry.size;
  row.kind = entry.kind;
  row.type = entry.type;
  row.version = entry.version;
  row.platform = entry.platform;
  row.description = entry.description;
  row.labels = entry.labels;
  return row;
}

/// What the manifest says of an image of this server, but its parent.
inline ImageRow declared_row(const LocalImage& image, const ServerName& server) {
  ImageRow row = blank_row(image.name, server);
  row.type = image.type;
  row.version = image.version;
  row.platform = image.platform;
  row.description = image.description;
  row.labels = image.labels;
  row.state = image.state;
  row.reason = image.reason;
  row.is_private = image.is_private;
  row.protect = image.protect;
  row.managed = true;
  return row;
}

}  // namespace ingot::state
