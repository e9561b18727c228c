#include "reconciler/apply/publish/install_root.hpp"

#include <fmt/format.h>

#include "reconciler/apply/publish/published.hpp"
#include "reconciler/apply/recover/whole_catalog.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/error.hpp"

namespace ingot::apply {
namespace {

[[noreturn]] void refuse(const std::string& text, const std::string& mend) {
  throw Error(Fault::refused, text, mend + "; nothing was changed").with_code(Code::root_refused);
}

bool is_newest(std::string_view envelope, const trust::TrustedRoot& newest) {
  const auto parsed = parse_envelope(envelope);
  const auto* good = std::get_if<Envelope>(&parsed);
  return good && trust::id_of_root(good->payload).root == newest.digest;
}

Root next_of(std::string_view envelope, const trust::TrustedRoot& newest) {
  const auto next = trust::verify_next_root(envelope, newest);
  if (const auto* good = std::get_if<trust::TrustedRoot>(&next)) return good->root;
  const auto* distrust = std::get_if<trust::Distrust>(&next);
  refuse(fmt::format("this is not the root after root {}: {}", newest.root.version,
                     distrust ? distrust->why : std::get<trust::NotOurs>(next).why),
         "see who has signed it: ingot key show FILE");
}

void refuse_to_disown(const std::vector<ImageName>& images) {
  if (images.empty()) return;
  refuse(fmt::format("what is published lists {} that the state does not know: {}. In the new epoch {} disowned: peers withdraw "
                     "{} copies",
                     images.size() == 1 ? "an image" : fmt::format("{} images", images.size()), names_of(images),
                     images.size() == 1 ? "it is" : "they are", images.size() == 1 ? "its" : "their"),
         "if a thief published them, run it again with --yes. If they are this server's own, restore the newest state first");
}

}  // namespace

PublishedNow install_root(std::string_view envelope, state::State& state, store::Store& store, io::Files& files,
                          const ServerSection& server, io::Clock& clock, bool disown) {
  const OwnRoots roots = own_roots(store, state.self());
  const bool is_new = !is_newest(envelope, roots.back());
  const Root next = is_new ? next_of(envelope, roots.back()) : roots.back().root;
  if (const auto over = trust::root_expired(next, clock.now()))
    refuse(over->why, "make a new one with \"ingot key rotate --expires TIME\"");
  const CatalogKeys keys = load_catalog_keys(files, server.keys, next);
  const auto published = head_on_disk(store, state.self(), roots);
  if (!published || published->head.epoch == next.epoch)
    refuse_an_old_state(state, highest_serial(store, published));
  else if (!disown)
    refuse_to_disown(images_unknown_to(state, store, published->head));
  if (is_new) store.publish_root(next.version, envelope);
  return publish(state, store, keys, server, clock);
}

}  // namespace ingot::apply
