#include "reconciler/apply/recover/whole_catalog.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "reconciler/apply/publish/published.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/catalog/parse_catalog.hpp"
#include "schema/catalog/root.hpp"
#include "schema/error.hpp"

namespace ingot::apply {
namespace {

constexpr const char* mend_store =
    "restore the store from its backup: without it, this server cannot continue from what peers have seen";

/// nullopt: not every page of it is there and whole. Error{local}: the disk does not give one; an older catalog is no answer
/// to that.
std::optional<WholeCatalog> read_whole(const store::Store& store, const Head& head) {
  WholeCatalog whole{.head = head, .catalog = {}};
  const auto listed = store.published_piece(head.index);
  if (!listed || io::sha256(*listed) != head.index.digest) return std::nullopt;
  const auto index = parse_index(*listed);
  if (!std::holds_alternative<Index>(index)) return std::nullopt;
  PageReader reader(head.id, whole.head.serial, collect_into(whole.catalog));
  for (const PageRef& page : std::get<Index>(index).pages) {
    const auto bytes = store.published_piece(page.piece);
    if (!bytes || io::sha256(*bytes) != page.piece.digest || reader.read(page, *bytes)) return std::nullopt;
  }
  return whole;
}

using Bits = std::pair<ImageIdentity, Digest>;

std::set<Bits> bits_of(const Catalog& catalog) {
  std::set<Bits> known;
  for (const auto& image : catalog.images) known.emplace(image.identity, image.digest);
  for (const auto& image : catalog.deleted) known.emplace(image.identity, image.digest);
  return known;
}

std::vector<ImageName> own_images_but(const Catalog& catalog, const ServerId& self, const std::set<Bits>& known) {
  std::vector<ImageName> names;
  for (const auto& image : catalog.images) {
    if (image.identity.origin == self && !known.contains({image.identity, image.digest})) names.push_back(image.name);
  }
  return names;
}

std::optional<WholeCatalog> newest_kept(const store::Store& store, const ServerId& self, const OwnRoots& roots,
                                        const std::map<Serial, std::string>& heads) {
  for (auto one = heads.rbegin(); one != heads.rend(); ++one) {
    const auto kept = verify_own_head(one->second, self, roots);
    if (!kept) continue;
    if (auto whole = read_whole(store, kept->head)) return whole;
  }
  return std::nullopt;
}

bool is_kept(const HeadOnDisk& published, const std::map<Serial, std::string>& heads) {
  const auto kept = heads.find(published.head.serial);
  return kept != heads.end() && trust::head_digest(kept->second) == published.digest;
}

}  // namespace

ServerId id_of_store(const store::Store& store) {
  const std::string bytes = store.published_root(1).value_or("");
  const auto envelope = parse_envelope(bytes);
  if (const auto* good = std::get_if<Envelope>(&envelope)) {
    const ServerId id = trust::id_of_root(good->payload);
    if (std::holds_alternative<trust::TrustedRoot>(trust::verify_first_root(bytes, id))) return id;
  }
  throw Error(Fault::local,
              fmt::format("the root of trust \"{}/root/1.dsse\" is gone or damaged", io::printable(store.public_folder())),
              mend_store)
      .with_code(Code::lost_root);
}

WholeCatalog newest_whole_catalog(const store::Store& store, const ServerId& self, Serial& seen) {
  const OwnRoots roots = own_roots(store, self);
  const auto published = head_on_disk(store, self, roots);
  seen = highest_serial(store, published);
  const std::map<Serial, std::string> heads = store.kept_heads();
  std::optional<WholeCatalog> best = newest_kept(store, self, roots, heads);
  auto shown = published ? read_whole(store, published->head) : std::nullopt;
  if (shown && (!best || best->head.serial < shown->head.serial)) {
    const bool doubtful = best && !is_kept(*published, heads);
    if (doubtful) shown->doubtful = own_images_but(shown->catalog, self, bits_of(best->catalog));
    if (doubtful && is_revoked(published, roots)) {
      best->doubtful = std::move(shown->doubtful);
      best->disowned = true;
    } else {
      best = std::move(shown);
    }
  }
  if (!best) throw Error(Fault::local, "no published catalog of this server is whole", mend_store).with_code(Code::lost_catalog);
  return *std::move(best);
}

std::vector<ImageName> images_unknown_to(const state::State& state, const store::Store& store, const Head& published) {
  const auto whole = read_whole(store, published);
  if (!whole) return {};
  std::set<Bits> known;
  state.each_public(false, {.image = [&](const ImageEntry& image) { known.emplace(image.identity, image.digest); },
                            .deleted_image = [&](const ImageTombstone& image) { known.emplace(image.identity, image.digest); },
                            .series = [](const SeriesEntry&) {},
                            .deleted_series = [](const SeriesTombstone&) {},
                            .type = [](const TypeEntry&) {}});
  return own_images_but(whole->catalog, state.self(), known);
}

std::string names_of(const std::vector<ImageName>& images) {
  constexpr std::size_t most_named = 20;
  std::string text;
  for (std::size_t i = 0; i < std::min(images.size(), most_named); ++i) text += (i == 0 ? "" : ", ") + images[i].text();
  return images.size() > most_named ? fmt::format("{} and {} more", text, images.size() - most_named) : text;
}

}  // namespace ingot::apply
