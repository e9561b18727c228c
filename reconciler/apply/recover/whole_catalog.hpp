// The catalog that a lost state is made anew of: the newest one of this server's that is whole, wherever its head lies.
#pragma once

#include <string>
#include <vector>

#include "reconciler/store/store.hpp"
#include "schema/catalog/catalog.hpp"
#include "state/state.hpp"

namespace ingot::apply {

/// Whose store this is, by root 1 in it. Error{local} "lost-root".
ServerId id_of_store(const store::Store& store);

struct WholeCatalog {
  Head head;
  Catalog catalog;
  /// Images that only the published head lists, which this server did not make: it keeps each head before it publishes it. They
  /// are in `catalog`, unless `disowned`: the keys that signed that head are revoked.
  std::vector<ImageName> doubtful = {};
  bool disowned = false;
};

/// Of the published head and those that were kept, as far as this server's own keys signed them: others may write what is
/// published too. `seen`: the highest serial of all. Error{local} "lost-catalog": none is whole.
WholeCatalog newest_whole_catalog(const store::Store& store, const ServerId& self, Serial& seen);

/// The server's own images in the published catalog that the state knows neither as live nor as deleted; as far as its pages
/// can be read.
std::vector<ImageName> images_unknown_to(const state::State& state, const store::Store& store, const Head& published);
/// Their names, as a list for people; of many the first.
std::string names_of(const std::vector<ImageName>& images);

}  // namespace ingot::apply
