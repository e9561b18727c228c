#include "reconciler/apply/publish/catalog_page.hpp"

#include <fmt/format.h>

#include "reconciler/io/printable.hpp"
#include "reconciler/page/catalog_page.hpp"
#include "schema/error.hpp"

namespace ingot::apply {

namespace {

page::Change change_due(const store::Store& store, const ServerSection& server) {
  return page::change_for(store.published_page(page::largest_page), server.page);
}

}  // namespace

void keep_page(store::Store& store, const ServerSection& server) {
  doing("writing the catalog page", [&] {
    switch (change_due(store, server)) {
      case page::Change::write: return store.publish_page(page::catalog_page());
      case page::Change::remove: return store.remove_page();
      case page::Change::none:
      case page::Change::alien: return;
    }
  });
}

std::string why_no_page(const store::Store& store, const ServerSection& server) {
  try {
    if (change_due(store, server) != page::Change::alien) return "";
  } catch (const Error& error) {
    if (error.fault() != Fault::local) throw;
    return "";
  }
  return fmt::format(
      "ingot did not write \"{}/index.html\" and leaves it alone, so there is no catalog page; remove that file, or write "
      "page = false under [server]",
      io::printable(store.public_folder()));
}

}  // namespace ingot::apply
