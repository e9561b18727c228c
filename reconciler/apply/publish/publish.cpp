// The order is what keeps readers safe (R25): bytes, then a serial that is burnt, then pages, index, head, and last the state.
#include "reconciler/apply/publish/publish.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "reconciler/apply/publish/published.hpp"
#include "reconciler/apply/publish/releases.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/catalog/write_catalog.hpp"
#include "schema/error.hpp"

namespace ingot::apply {
namespace {

/// Those that the root names; refused before a serial is burnt for a head that no reader would accept.
std::vector<const trust::PrivateKey*> signers_for(const Root& root, const CatalogKeys& catalog_keys) {
  std::vector<const trust::PrivateKey*> signers = named_by(root.catalog, catalog_keys);
  if (signers.size() >= root.catalog.threshold) return signers;
  throw Error(Fault::local, "the root of trust of this server does not name the catalog key",
              "check that the folder `keys` belongs to this server");
}

/// The furthest that an owner may climb at once: half of what a reader follows, so that a peer which missed the last heads,
/// or the serial of a publication that died, makes no jump of it.
constexpr Serial largest_climb = largest_jump / 2;

/// No reader follows beyond largest_serial.
void refuse_a_jump(Serial above, Serial last) {
  if (above < last) return;
  if (above >= largest_serial) {
    throw Error(Fault::refused, fmt::format("there is no serial above {}: {} is the largest", above, largest_serial),
                "give a smaller serial; nothing was published");
  }
  if (above + 1 - last <= largest_climb) return;
  throw Error(
      Fault::refused,
      fmt::format("the serial would jump from {} to {}, by more than 2^31; peers refuse a jump of more than 2^32", last,
                  above + 1),
      fmt::format(
          "use several steps, the first with --above {}, and let all peers see each step before the next; nothing was published",
          last + largest_climb - 1));
}

/// The serial of a revoked head is gone past, for peers may have followed it. One that no peer would have followed is not.
Serial serial_to_climb_past(const state::State& state, const store::Store& store, const Head& revoked) {
  const Serial own = std::max(state.reserved_serial(), highest_serial(store, std::nullopt));
  return revoked.serial > own + largest_jump ? own : std::max(own, revoked.serial);
}

std::set<Digest> pages_of(const store::Store& store, const std::optional<HeadOnDisk>& before) {
  std::set<Digest> pages;
  if (!before) return pages;
  const auto index = index_on_disk(store, before->head.index);
  if (const auto* good = std::get_if<Index>(&index)) {
    for (const PageRef& page : good->pages) pages.insert(page.piece.digest);
  }
  return pages;
}

std::string index_text(PageWriter& writer) {
  try {
    return write_index(writer.finish());
  } catch (const std::length_error& error) {  // more images than a reader would take
    throw Error(Fault::local, error.what());
  }
}

struct Written {
  Piece index;
  std::optional<Piece> state;
  std::vector<Piece> fresh;  ///< pieces that the last index did not name, the new index with them
  std::uint64_t pages = 0;   ///< fresh ones
};

/// Gives the images' digests whose bytes are not whole: no head may name those (R25), and the others need not wait for them.
std::set<Digest> make_bytes_public(const state::State& state, store::Store& store, bool publish_copies) {
  std::set<Digest> left_out;
  state.each_public_object(publish_copies, [&](const state::ObjectRow& object) {
    if (store.has(object.packed))
      store.move_to(object.packed, store::Place::public_tree);
    else
      left_out.insert(object.digest);
  });
  return left_out;
}

ImageEntry without_bytes(ImageEntry image) {
  image.packed.reset();
  return image;
}

/// A file that somebody took away is named no more; the next plan makes it again.
void leave_out_lost_deltas(state::State& state, const store::Store& store) {
  state::Effects lost;
  for (const state::DeltaRow& row : state.deltas()) {
    if (row.file && !store.path_of(*row.file)) lost.emplace_back(state::DropDelta{.image = row.image, .base = row.base});
  }
  if (!lost.empty()) state.record(lost);
}

Written write_pieces(const state::State& state, store::Store& store, bool publish_copies, const std::set<Digest>& left_out,
                     const std::set<Digest>& before, const std::optional<Role>& release) {
  Written written;
  PageWriter writer([](std::string_view bytes) { return io::sha256(bytes); },
                    [&](const PageRef& page, const std::string& bytes) {
                      store.publish_piece(page.piece, bytes);
                      if (!before.contains(page.piece.digest)) written.fresh.push_back(page.piece);
                    });
  const ServerId self = state.self();
  const auto shown = [&](const ImageEntry& image) { return release ? with_release(image, self, *release, store) : image; };
  state.each_public(publish_copies,
                    {.image =
                         [&](const ImageEntry& image) {
                           writer.add(left_out.contains(image.digest) ? without_bytes(shown(image)) : shown(image));
                         },
                     .deleted_image = [&](const ImageTombstone& image) { writer.add(image); },
                     .series = [&](const SeriesEntry& series) { writer.add(series); },
                     .deleted_series = [&](const SeriesTombstone& series) { writer.add(series); },
                     .type = [&](const TypeEntry& type) { writer.add(type); }});
  const std::string index = index_text(writer);
  written.pages = written.fresh.size();
  written.index = Piece{.digest = io::sha256(index), .length = index.size()};
  store.publish_piece(written.index, index);
  written.fresh.push_back(written.index);
  return written;
}

void write_state(const state::State& state, store::Store& store, const ServerSection& server, const std::optional<Piece>& before,
                 Written& written) {
  const std::string text = stated_text(state, server);
  written.state = Piece{.digest = io::sha256(text), .length = text.size()};
  store.publish_piece(*written.state, text);
  if (written.state != before) written.fresh.push_back(*written.state);
}

/// What a reader would find: the head holds against the root, and every new piece is there as it says.
void check_as_a_reader(const std::string& head, const Written& written, const store::Store& store, const ServerId& self,
                       const Root& root) {
  const auto verified = trust::verify_head(head, self, root);
  if (!std::holds_alternative<Head>(verified)) {
    const auto* distrust = std::get_if<trust::Distrust>(&verified);
    throw Error(Fault::local,
                "a head signed with this catalog key does not verify: " +
                    (distrust ? distrust->why : std::get<trust::NotOurs>(verified).why),
                "check that the folder `keys` belongs to this server");
  }
  for (const Piece& piece : written.fresh) {
    const std::optional<std::string> bytes = store.published_piece(piece);
    if (!bytes || bytes->size() != piece.length || io::sha256(*bytes) != piece.digest) {
      throw Error(Fault::local,
                  fmt::format("the piece {} of the catalog that was just written cannot be read back", piece.digest.text()));
    }
  }
}

}  // namespace

PublishedNow publish(state::State& state, store::Store& store, const CatalogKeys& catalog_keys, const ServerSection& server,
                     io::Clock& clock, const PublishOptions& options) {
  const ServerId self = state.self();
  const OwnRoots roots = own_roots(store, self);
  const Root& root = roots.back().root;
  const std::vector<const trust::PrivateKey*> signers = signers_for(root, catalog_keys);
  const std::optional<HeadOnDisk> before = head_on_disk(store, self, roots);
  const bool revoked = is_revoked(before, roots);
  const Serial highest = revoked ? serial_to_climb_past(state, store, before->head) : highest_serial(store, before);
  if (!revoked) refuse_an_old_state(state, highest);
  refuse_a_jump(options.above, highest);
  std::set<Digest> left_out = doing("moving the bytes of images into the public tree",
                                    [&] { return make_bytes_public(state, store, server.publish_copies); });
  std::set<Digest> noted = store.left_out();
  noted.insert(left_out.begin(), left_out.end());
  store.note_left_out(noted);  // before the head that leaves them out, and what the old one leaves out until it is replaced
  leave_out_lost_deltas(state, store);
  const Serial serial = state.reserve_serial(std::max(options.above, highest));
  Written written = write_pieces(state, store, server.publish_copies, left_out, pages_of(store, before), root.release);
  if (server.publish_state) write_state(state, store, server, before ? before->head.state : std::nullopt, written);

  const Time now = clock.now();
  const Head head{.id = self,
                  .name = server.name,
                  .epoch = root.epoch,
                  .serial = serial,
                  .issued = now,
                  .expires = now + server.head_ttl,
                  .root_version = root.version,
                  .index = written.index,
                  .previous = before ? std::optional(before->digest) : std::nullopt,
                  .state = written.state,
                  .commit = options.commit};
  const std::string envelope = write_envelope(trust::sign_envelope(head_payload_type, write_head(head), signers));
  check_as_a_reader(envelope, written, store, self, root);
  store.keep_head(serial, envelope);
  state.finish_publish({.serial = serial,
                        .head = io::sha256(envelope),
                        .index = written.index.digest,
                        .expires = head.expires,
                        .copies_published = server.publish_copies},
                       [&] { store.publish_head(envelope, now); });
  try {
    store.note_left_out(left_out);
  } catch (const Error& error) {  // only a hint, noted before the head too: what was published is published
    if (error.fault() != Fault::local) throw;
  }
  return {.serial = serial, .expires = head.expires, .pages_written = written.pages, .left_out = std::move(left_out)};
}

bool head_is_aging(const state::State& state, const ServerSection& server, Time now) {
  const auto published = state.published();
  if (!published) return false;
  const Seconds left = published->expires - now;
  // More left than the manifest asks for: the manifest's `head_ttl` was made shorter since.
  return left < server.head_ttl / 2 || left > server.head_ttl;
}

}  // namespace ingot::apply
