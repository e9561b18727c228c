#include "reconciler/apply/published.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/error.hpp"
#include "schema/parse_catalog.hpp"

namespace ingot {
namespace {

constexpr const char* mend_root = "bring it back from the backup of the store: a new one would be another server to every peer";

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
std::string what_is_lost(const Store& store, const Piece& named) {
  const auto index = index_on_disk(store, named);
  const auto* good = std::get_if<Index>(&index);
  if (!good) return fmt::format("the published index \"public/c/{}\" {}", named.digest.hex(), std::get<std::string>(index));
  const auto lost = std::ranges::find_if(good->pages, [&](const PageRef& page) { return !read_if_possible([&] { return store.has_piece(page.piece); }); });
  if (lost == good->pages.end()) return "";
  return fmt::format("the published page \"public/c/{}\" is missing or has another length", lost->piece.digest.hex());
}

/// Whether bytes that the published catalog leaves out are whole again.
bool left_out_are_back(const State& state, const Store& store) {
  const std::set<Digest> left_out = store.left_out();
  return std::any_of(left_out.begin(), left_out.end(), [&](const Digest& digest) {
    const auto object = state.object(digest);
    return object && store.lacks(object->packed).empty();
  });
}

}  // namespace

Root own_root(const Store& store, const ServerId& self) {
  const std::string path = store.public_folder() + "/root/1.dsse";
  const std::optional<std::string> envelope = store.published_root(1);
  if (!envelope) throw Error(Fault::local, fmt::format("the root of trust \"{}\" is gone", printable(path)), mend_root).with_code("lost-root").about(path);
  const auto root = verify_first_root(*envelope, self);
  if (const auto* good = std::get_if<Root>(&root)) return *good;
  const auto* distrust = std::get_if<Distrust>(&root);
  throw Error(Fault::local,
              fmt::format("the root of trust \"{}\" is not this server's: {}", printable(path),
                          distrust ? distrust->why : std::get<NotOurs>(root).why),
              mend_root)
      .with_code("lost-root")
      .about(path);
}

std::optional<HeadOnDisk> head_on_disk(const Store& store, const ServerId& self, const Root& root) {
  const std::optional<std::string> bytes = read_if_possible([&] { return store.published_head(); });
  if (!bytes) return std::nullopt;
  const auto verified = verify_head(*bytes, self, root);
  const auto* head = std::get_if<Head>(&verified);
  if (!head) return std::nullopt;
  return HeadOnDisk{.head = *head, .digest = head_digest(*bytes).value(), .file = sha256(*bytes)};  // it verified
}

std::variant<Index, std::string> index_on_disk(const Store& store, const Piece& named) {
  const std::optional<std::string> bytes = read_if_possible([&] { return store.published_piece(named); });
  if (!bytes) return "is missing";
  auto index = parse_index(*bytes);
  if (sha256(*bytes) != named.digest || !std::holds_alternative<Index>(index)) return "is damaged";
  return std::get<Index>(std::move(index));
}

void refuse_an_old_state(const State& state, const std::optional<HeadOnDisk>& before) {
  if (!before) return;
  const Serial known = state.reserved_serial();  // asked for after the head was read: a run reserves before it publishes
  if (before->head.serial <= known) return;
  throw Error(Fault::local,
              fmt::format("the state is older than what is published: serial {} is published, the state knows {}",
                          before->head.serial, known),
              "bring back the newest state file, or run \"ingot state rebuild\", which goes on from what is published")
      .with_code("old-state");
}

void refuse_an_old_state(const State& state, const Store& store) {
  const ServerId self = state.self();
  refuse_an_old_state(state, head_on_disk(store, self, own_root(store, self)));
}

std::string why_publish_again(const State& state, const Store& store, const ServerSection& server) {
  const ServerId self = state.self();
  const auto published = state.published();
  const auto there = head_on_disk(store, self, own_root(store, self));
  if (!published || !there) return "the published head is missing or damaged";
  if (there->file != published->head) return "the published head is not the one that the state finished last";
  if (auto lost = what_is_lost(store, there->head.index); !lost.empty()) return lost;
  if (there->head.name != server.name) {
    return fmt::format("the published head says that this server is \"{}\", the manifest says \"{}\"", there->head.name.text(), server.name.text());
  }
  if (published->copies_published != server.publish_copies) return fmt::format("`publish_copies` is now {}", server.publish_copies);
  return left_out_are_back(state, store) ? "bytes that the published catalog leaves out are here again" : "";
}

}  // namespace ingot
