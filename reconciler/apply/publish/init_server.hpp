// Making what a server needs beside its manifest: keys, store, root of trust, state, an empty signed catalog. Makes only
// what is missing, so that a run that was cut off is simply run again; never replaces anything, and refuses parts that
// belong to different servers.
#pragma once

#include <functional>
#include <string>

#include "reconciler/io/clock.hpp"
#include "reconciler/io/disk/files.hpp"
#include "schema/catalog/card.hpp"
#include "schema/manifest/manifest.hpp"

namespace ingot::apply {

/// How long the root of a new server is good for.
inline constexpr Seconds root_life = std::chrono::hours(24) * 3652;

/// `made` is told of each thing as soon as it is durable: "keys/root.pem", "the store", … Order: keys, store, root, state,
/// catalog. Gives the server's card; its url is "" if the section has none. Error{local}: parts that contradict each
/// other (keys, root, state, store of different servers; a state or key that is gone), or a disk that cannot be written.
/// `state_password`: state::Place::password.
Card init_server(const ServerSection& server, io::Files& files, io::Clock& clock,
                 const std::function<void(const std::string&)>& made, const std::string& state_password = "");

}  // namespace ingot::apply
