// What this server's release keys have signed: kept in the store, shown in the catalog's entries.
#pragma once

#include <vector>

#include "reconciler/apply/publish/publish.hpp"
#include "reconciler/io/disk/files.hpp"
#include "schema/catalog/release.hpp"

namespace ingot::apply {

/// An entry of this server's own with the signatures that are kept for it, if they suffice; any other as it is.
ImageEntry with_release(ImageEntry image, const ServerId& self, const Role& release, const store::Store& store);

/// This server's public images that lack signatures; none if its newest root names no release keys. By name.
std::vector<ImageName> unreleased_images(const state::State& state, const store::Store& store);

/// Releases of public images here. Error{refused}: an image is not here, or is not this server's own and public.
std::vector<Release> releases_of(const std::vector<ImageName>& images, const state::State& state);

/// Keeps releases and publishes at once, so that peers see them. Error{refused}: one is not this server's, or has too few
/// signatures of the newest root's release keys; then nothing is kept.
PublishedNow install_releases(const std::vector<Envelope>& signed_releases, state::State& state, store::Store& store,
                              io::Files& files, const ServerSection& server, io::Clock& clock);

}  // namespace ingot::apply
