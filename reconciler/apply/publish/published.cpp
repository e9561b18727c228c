#include "reconciler/apply/publish/published.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/catalog/parse_catalog.hpp"
#include "schema/catalog/write_catalog.hpp"
#include "schema/error.hpp"

namespace ingot::apply {
namespace {

constexpr const char* mend_root = "restore it from the backup of the store: with a new root, peers would see another server";

/// What cannot be read is published again like what is not there.
template <class Read>
auto read_if_possible(Read read) -> decltype(read()) {
  try {
    return read();
  } catch (const Error& error) {
    if (error.fault() != Fault::local) throw;
    return {};
  }
}

/// What of the catalog that the head names is not there as it says; nothing but the index is read.
std::string what_is_lost(const store::Store& store, const Head& head) {
  const auto index = index_on_disk(store, head.index);
  const auto* good = std::get_if<Index>(&index);
  if (!good) return fmt::format("the published index \"public/c/{}\" {}", head.index.digest.hex(), std::get<std::string>(index));
  const auto is_there = [&](const Piece& piece) { return read_if_possible([&] { return store.has_piece(piece); }); };
  const auto lost = [](const char* what, const Piece& piece) {
    return fmt::format("the published {} \"public/c/{}\" is missing or has another length", what, piece.digest.hex());
  };
  for (const PageRef& page : good->pages) {
    if (!is_there(page.piece)) return lost("page", page.piece);
  }
  return head.state && !is_there(*head.state) ? lost("state", *head.state) : "";
}

/// Why the state must be published, or no longer be.
std::string why_state_again(const state::State& state, const ServerSection& server, const std::optional<Piece>& published) {
  if (published.has_value() != server.publish_state) return fmt::format("`publish_state` is now {}", server.publish_state);
  if (!published || io::sha256(stated_text(state, server)) == published->digest) return "";
  return "the published state is not the state as it is now";
}

/// Whether bytes that the published catalog leaves out are whole again.
bool left_out_are_back(const state::State& state, const store::Store& store) {
  const std::set<Digest> left_out = store.left_out();
  return std::any_of(left_out.begin(), left_out.end(), [&](const Digest& digest) {
    const auto object = state.object(digest);
    return object && store.lacks(object->packed).empty();
  });
}

}  // namespace

RootsOnDisk roots_on_disk(const store::Store& store, const ServerId& self) {
  RootsOnDisk found;
  for (std::uint64_t version = 1;; ++version) {
    const std::optional<std::string> envelope = store.published_root(version);
    if (!envelope && version > 1) return found;
    if (!envelope) return {.roots = {}, .broken = "is gone"};
    auto root = version == 1 ? trust::verify_first_root(*envelope, self) : trust::verify_next_root(*envelope, found.roots.back());
    if (auto* good = std::get_if<trust::TrustedRoot>(&root)) {
      found.roots.push_back(std::move(*good));
      continue;
    }
    const auto* distrust = std::get_if<trust::Distrust>(&root);
    found.broken =
        fmt::format("does not belong to this server: {}", distrust ? distrust->why : std::get<trust::NotOurs>(root).why);
    return found;
  }
}

OwnRoots own_roots(const store::Store& store, const ServerId& self) {
  RootsOnDisk found = roots_on_disk(store, self);
  if (found.broken.empty()) return std::move(found.roots);
  const std::string path = fmt::format("{}/root/{}.dsse", store.public_folder(), found.roots.size() + 1);
  throw Error(Fault::local, fmt::format("the root of trust \"{}\" {}", io::printable(path), found.broken), mend_root)
      .with_code(Code::lost_root)
      .about(path);
}

Root newest_own_root(const store::Store& store, const ServerId& self) { return own_roots(store, self).back().root; }

std::optional<HeadOnDisk> head_on_disk(const store::Store& store, const ServerId& self, const OwnRoots& roots) {
  const std::optional<std::string> bytes = read_if_possible([&] { return store.published_head(); });
  return bytes ? verify_own_head(*bytes, self, roots) : std::nullopt;
}

std::optional<HeadOnDisk> verify_own_head(std::string_view envelope, const ServerId& self, const OwnRoots& roots) {
  // Newest first: a head of an older root is this server's own all the same, until it is signed anew.
  for (auto root = roots.rbegin(); root != roots.rend(); ++root) {
    const auto verified = trust::verify_head(envelope, self, root->root);
    const auto* head = std::get_if<Head>(&verified);
    if (head)
      return HeadOnDisk{.head = *head,
                        .digest = trust::head_digest(envelope).value(),
                        .file = io::sha256(envelope),
                        .root_version = root->root.version};
  }
  return std::nullopt;
}

std::variant<Index, std::string> index_on_disk(const store::Store& store, const Piece& named) {
  const std::optional<std::string> bytes = read_if_possible([&] { return store.published_piece(named); });
  if (!bytes) return "is missing";
  auto index = parse_index(*bytes);
  if (io::sha256(*bytes) != named.digest || !std::holds_alternative<Index>(index)) return "is damaged";
  return std::get<Index>(std::move(index));
}

Serial highest_serial(const store::Store& store, const std::optional<HeadOnDisk>& published) {
  return std::max(published ? published->head.serial : 0, store.highest_kept_head());
}

void refuse_an_old_state(const state::State& state, Serial highest) {
  const Serial known = state.reserved_serial();  // asked for after the heads were read: a run reserves before it publishes
  if (highest <= known) return;
  throw Error(
      Fault::local,
      fmt::format("the state is older than what is published: serial {} is published, the state knows {}", highest, known),
      "restore the newest state file, or run \"ingot state rebuild\", which continues from what is published. If this server did "
      "not publish that, its catalog key is stolen: run \"ingot key revoke\"")
      .with_code(Code::old_state);
}

bool is_revoked(const std::optional<HeadOnDisk>& published, const OwnRoots& roots) {
  return published && published->head.epoch < roots.back().root.epoch;
}

void refuse_an_old_state(const state::State& state, const store::Store& store) {
  const ServerId self = state.self();
  const OwnRoots roots = own_roots(store, self);
  const auto published = head_on_disk(store, self, roots);
  if (!is_revoked(published, roots)) refuse_an_old_state(state, highest_serial(store, published));
}

void refuse_a_state_older_than_the_papers(const state::State& state, const store::Store& store) {
  const std::int64_t newest = store.newest_papers();
  const std::int64_t known = state.newest_action();
  if (newest <= known) return;
  throw Error(
      Fault::local,
      fmt::format("the state is older than the store: the store has the provenance file of action {}, the state knows {} actions",
                  newest, known),
      "restore the newest state file, or run \"ingot state rebuild\", which continues from the store; nothing was changed")
      .with_code(Code::old_state);
}

std::string stated_text(const state::State& state, const ServerSection& server) {
  Stated stated = state.stated();
  stated.copies_published = server.publish_copies;
  try {
    return write_stated(stated);
  } catch (const std::length_error& error) {
    throw Error(Fault::local, error.what(), "set publish_state = false to publish nothing of the state");
  }
}

std::string why_publish_again(const state::State& state, const store::Store& store, const ServerSection& server) {
  const ServerId self = state.self();
  const auto published = state.published();
  const OwnRoots roots = own_roots(store, self);
  const auto there = head_on_disk(store, self, roots);
  if (!published || !there) return "the published head is missing or damaged";
  if (const std::uint64_t newest = roots.back().root.version;
      there->root_version != newest || there->head.root_version != newest) {
    return fmt::format("root {} is newer than the published head", newest);
  }
  if (there->file != published->head) return "the published head is not the one that the state finished last";
  if (auto lost = what_is_lost(store, there->head); !lost.empty()) return lost;
  if (there->head.name != server.name) {
    return fmt::format("the published head says that this server is \"{}\", the manifest says \"{}\"", there->head.name.text(),
                       server.name.text());
  }
  if (published->copies_published != server.publish_copies)
    return fmt::format("`publish_copies` is now {}", server.publish_copies);
  if (left_out_are_back(state, store)) return "bytes that the published catalog leaves out are restored";
  return why_state_again(state, server, there->head.state);
}

}  // namespace ingot::apply
