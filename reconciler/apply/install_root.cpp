#include "reconciler/apply/install_root.hpp"

#include <fmt/format.h>

#include "reconciler/apply/published.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/error.hpp"

namespace ingot {
namespace {

[[noreturn]] void refuse(const std::string& text, const std::string& mend) {
  throw Error(Fault::refused, text, mend + "; nothing was changed").with_code("root-refused");
}

bool is_newest(std::string_view envelope, const TrustedRoot& newest) {
  const auto parsed = parse_envelope(envelope);
  const auto* good = std::get_if<Envelope>(&parsed);
  return good && id_of_root(good->payload).root == newest.digest;
}

Root next_of(std::string_view envelope, const TrustedRoot& newest) {
  const auto next = verify_next_root(envelope, newest);
  if (const auto* good = std::get_if<TrustedRoot>(&next)) return good->root;
  const auto* distrust = std::get_if<Distrust>(&next);
  refuse(fmt::format("this is not the root after root {}: {}", newest.root.version,
                     distrust ? distrust->why : std::get<NotOurs>(next).why),
         "see who has signed it: ingot key show FILE");
}

}  // namespace

PublishedNow install_root(std::string_view envelope, State& state, Store& store, Files& files, const ServerSection& server,
                          Clock& clock) {
  const OwnRoots roots = own_roots(store, state.self());
  const bool is_new = !is_newest(envelope, roots.back());
  const Root next = is_new ? next_of(envelope, roots.back()) : roots.back().root;
  if (const auto over = root_expired(next, clock.now()))
    refuse(over->why, "make another with \"ingot key rotate --expires TIME\"");
  const CatalogKeys keys = load_catalog_keys(files, server.keys, next);
  refuse_an_old_state(state, highest_serial(store, head_on_disk(store, state.self(), roots)));
  if (is_new) store.publish_root(next.version, envelope);
  return publish(state, store, keys, server, clock);
}

}  // namespace ingot
