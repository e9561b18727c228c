#include "reconciler/apply/publish/releases.hpp"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "reconciler/apply/publish/published.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/error.hpp"

namespace ingot::apply {
namespace {

[[noreturn]] void refuse_releases(const std::string& text, const std::string& mend) {
  throw Error(Fault::refused, text, mend + "; nothing was changed").with_code(Code::release_refused);
}

/// Calls `visit` with each own image that peers may see.
template <class Visit>
void each_own(const state::State& state, Visit visit) {
  const ServerId self = state.self();
  state.each_public(false, {.image =
                                [&](const ImageEntry& image) {
                                  if (image.identity.origin == self) visit(image);
                                },
                            .deleted_image = [](const ImageTombstone&) {},
                            .series = [](const SeriesEntry&) {},
                            .deleted_series = [](const SeriesTombstone&) {},
                            .type = [](const TypeEntry&) {}});
}

const Role& release_role(const Root& root) {
  if (root.release) return *root.release;
  refuse_releases(fmt::format("root {} names no release keys, so images need no releases", root.version),
                  "add one with \"ingot key rotate --add-release KEY\"");
}

void refuse_a_bad_release(const Envelope& envelope, const Root& root, const ServerId& self) {
  const auto parsed = parse_release(envelope.payload);
  if (const auto* why = std::get_if<Malformed>(&parsed))
    refuse_releases(fmt::format("this is not a release: it {}", io::printable(why->why)),
                    "give a file that \"ingot key release\" wrote");
  const auto& release = std::get<Release>(parsed);
  if (release.server != self)
    refuse_releases(fmt::format("this releases \"{}\" of another server, {}", release.image.text(), release.server.text()),
                    "install it there");
  const Role& role = release_role(root);
  const std::size_t have = trust::signers_of(role, envelope).size();
  if (have >= role.threshold && envelope.payload_type == release_payload_type) return;
  refuse_releases(fmt::format("the release of \"{}\" is signed by {} of the {} release keys that must sign it",
                              release.image.text(), have, role.threshold),
                  "have it signed by more: ingot key sign FILE --key KEY");
}

}  // namespace

ImageEntry with_release(ImageEntry image, const ServerId& self, const Role& release, const store::Store& store) {
  if (image.identity.origin != self) return image;
  const auto kept = store.release(io::sha256(write_release(release_of(image))));
  if (!kept) return image;
  auto parsed = parse_envelope(*kept);
  if (auto* envelope = std::get_if<Envelope>(&parsed)) image.release = std::move(envelope->signatures);
  if (!trust::is_released(release, image)) image.release.clear();
  return image;
}

std::vector<ImageName> unreleased_images(const state::State& state, const store::Store& store) {
  std::vector<ImageName> names;
  const Root root = newest_own_root(store, state.self());
  if (!root.release) return names;
  each_own(state, [&](const ImageEntry& image) {
    if (with_release(image, state.self(), *root.release, store).release.empty()) names.push_back(image.name);
  });
  return names;
}

std::vector<Release> releases_of(const std::vector<ImageName>& images, const state::State& state) {
  std::unordered_map<std::string, Release> known;
  each_own(state, [&](const ImageEntry& image) {
    if (std::ranges::find(images, image.name) != images.end()) known.emplace(image.name.text(), release_of(image));
  });
  std::vector<Release> releases;
  for (const ImageName& name : images) {
    const auto found = known.find(name.text());
    if (found == known.end())
      refuse_releases(fmt::format("this server publishes no own image \"{}\"", name.text()), "see: ingot query images");
    releases.push_back(found->second);
  }
  return releases;
}

PublishedNow install_releases(const std::vector<Envelope>& signed_releases, state::State& state, store::Store& store,
                              io::Files& files, const ServerSection& server, io::Clock& clock) {
  const OwnRoots roots = own_roots(store, state.self());
  const Root& root = roots.back().root;
  for (const Envelope& envelope : signed_releases) refuse_a_bad_release(envelope, root, state.self());
  const CatalogKeys keys = load_catalog_keys(files, server.keys, root);
  refuse_an_old_state(state, store);
  for (const Envelope& envelope : signed_releases) store.keep_release(io::sha256(envelope.payload), write_envelope(envelope));
  return publish(state, store, keys, server, clock);
}

}  // namespace ingot::apply
