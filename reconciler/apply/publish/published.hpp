// What this server has published, as it lies in its store: whether it is still whole, and what the state and the manifest say.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "reconciler/store/store.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/catalog/catalog.hpp"
#include "schema/catalog/root.hpp"
#include "schema/manifest/manifest.hpp"
#include "state/state.hpp"

namespace ingot::apply {

/// This server's roots of trust, from root 1 to the newest.
using OwnRoots = std::vector<trust::TrustedRoot>;
/// The roots in the store as far as they are whole.
struct RootsOnDisk {
  OwnRoots roots;
  std::string broken;  ///< what is wrong with the one after them, as a clause ("is gone"); "": nothing, and they are not empty
};
RootsOnDisk roots_on_disk(const store::Store& store, const ServerId& self);
/// The same, all of them; never empty.
/// Error{local} "lost-root": root 1 is not in the store, or a root there is not this server's or does not follow the one before.
OwnRoots own_roots(const store::Store& store, const ServerId& self);
Root newest_own_root(const store::Store& store, const ServerId& self);

/// The head that readers see now, if it is this server's and verifies under one of its roots.
struct HeadOnDisk {
  Head head;
  Digest digest;                   ///< of its payload: what the next head names as its previous one
  Digest file;                     ///< of the file's bytes: what the state knows it by
  std::uint64_t root_version = 1;  ///< of the newest root that it verifies under
};
std::optional<HeadOnDisk> head_on_disk(const store::Store& store, const ServerId& self, const OwnRoots& roots);
/// The same of an envelope that was read from anywhere; nullopt: none of the roots' keys signed it as this server's.
std::optional<HeadOnDisk> verify_own_head(std::string_view envelope, const ServerId& self, const OwnRoots& roots);

/// The index that a head names, whole; or why it is not there, as a clause ("is missing"). What cannot be read counts as missing.
std::variant<Index, std::string> index_on_disk(const store::Store& store, const Piece& named);

/// The highest serial of the head that readers see, and of those that were kept, which tell of it when it is gone or damaged.
Serial highest_serial(const store::Store& store, const std::optional<HeadOnDisk>& published);

/// Whether the head was signed under keys that the newest root has revoked. Whatever it says counts no more: it may be by a
/// thief, and the next publication disowns what the state does not know.
bool is_revoked(const std::optional<HeadOnDisk>& published, const OwnRoots& roots);

/// Error{local} "old-state": a head is newer than all that the state knows of, so the state was put back from an old
/// copy, or somebody else has published with a stolen key. What is planned, done or published from it would take back what
/// readers have seen. `highest`: highest_serial. A head that is_revoked proves nothing.
void refuse_an_old_state(const state::State& state, Serial highest);
void refuse_an_old_state(const state::State& state, const store::Store& store);

/// Error{local} "old-state": papers bear the number of the action that brought their image, and are written after it was
/// begun, so a state that knows no such action is an old copy. Lists all papers. To be asked before the state gives a new
/// number, else it would soon look new.
void refuse_a_state_older_than_the_papers(const state::State& state, const store::Store& store);

/// What `publish_state` publishes of the state: written Stated. Error{local}: readers would not take it.
std::string stated_text(const state::State& state, const ServerSection& server);

/// Why what is published must be published again although the state has nothing new for it, as a clause; "" if it need
/// not. There is a newer root than the head's, the head or a piece that it names is missing or damaged, the manifest's
/// server has another name, `publish_copies` or `publish_state`, bytes that were left out are whole again, or what is said of the
/// state is not what it is now. Reads the head and the index, and looks at each page's length.
std::string why_publish_again(const state::State& state, const store::Store& store, const ServerSection& server);

}  // namespace ingot::apply
