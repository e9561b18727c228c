#include "reconciler/apply/whole_catalog.hpp"

#include <fmt/format.h>

#include "reconciler/apply/published.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/error.hpp"
#include "schema/parse_catalog.hpp"
#include "schema/root.hpp"

namespace ingot {
namespace {

constexpr const char* mend_store =
    "bring the store back from its backup: without it, what peers have seen cannot be gone on with";

/// nullopt: not every page of it is there and whole. Error{local}: the disk does not give one; an older catalog is no answer
/// to that.
std::optional<WholeCatalog> read_whole(const Store& store, const Head& head) {
  WholeCatalog whole{.head = head, .catalog = {}};
  const auto listed = store.published_piece(head.index);
  if (!listed || sha256(*listed) != head.index.digest) return std::nullopt;
  const auto index = parse_index(*listed);
  if (!std::holds_alternative<Index>(index)) return std::nullopt;
  PageReader reader(head.id, whole.head.serial, collect_into(whole.catalog));
  for (const PageRef& page : std::get<Index>(index).pages) {
    const auto bytes = store.published_piece(page.piece);
    if (!bytes || sha256(*bytes) != page.piece.digest || reader.read(page, *bytes)) return std::nullopt;
  }
  return whole;
}

}  // namespace

ServerId id_of_store(const Store& store) {
  const std::string bytes = store.published_root(1).value_or("");
  const auto envelope = parse_envelope(bytes);
  if (const auto* good = std::get_if<Envelope>(&envelope)) {
    const ServerId id = id_of_root(good->payload);
    if (std::holds_alternative<TrustedRoot>(verify_first_root(bytes, id))) return id;
  }
  throw Error(Fault::local,
              fmt::format("the root of trust \"{}/root/1.dsse\" is gone or damaged", printable(store.public_folder())),
              mend_store)
      .with_code("lost-root");
}

WholeCatalog newest_whole_catalog(const Store& store, const ServerId& self, Serial& seen) {
  const OwnRoots roots = own_roots(store, self);
  const auto published = head_on_disk(store, self, roots);
  seen = highest_serial(store, published);
  const std::map<Serial, std::string> heads = store.kept_heads();
  std::optional<WholeCatalog> best;
  if (published) best = read_whole(store, published->head);
  for (auto one = heads.rbegin(); one != heads.rend() && (!best || best->head.serial < one->first); ++one) {
    const auto kept = verify_own_head(one->second, self, roots);
    if (!kept || (best && kept->head.serial <= best->head.serial)) continue;
    if (auto whole = read_whole(store, kept->head)) best = std::move(whole);
  }
  if (!best)
    throw Error(Fault::local, "no catalog that this server published is whole any more", mend_store).with_code("lost-catalog");
  return *std::move(best);
}

}  // namespace ingot
