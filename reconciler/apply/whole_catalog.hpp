// The catalog that a lost state is made anew of: the newest one of this server's that is whole, wherever its head lies.
#pragma once

#include "reconciler/store/store.hpp"
#include "schema/catalog.hpp"

namespace ingot {

/// Whose store this is, by root 1 in it. Error{local} "lost-root".
ServerId id_of_store(const Store& store);

struct WholeCatalog {
  Head head;
  Catalog catalog;
};

/// Of the published head and those that were kept, as far as this server's own keys signed them: others may write what is
/// published too. `seen`: the highest serial of all. Error{local} "lost-catalog": none is whole.
WholeCatalog newest_whole_catalog(const Store& store, const ServerId& self, Serial& seen);

}  // namespace ingot
