// Makes a peer with many images for the benchmarks: a signed published tree and its card, without the images' bytes.
//   make_peer FOLDER NAME URL IMAGES
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/trust/keys.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/catalog/card.hpp"
#include "schema/catalog/write_catalog.hpp"

namespace {

using namespace ingot;

void write(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  if (!file) throw std::runtime_error("cannot write " + path.string());
}

ImageEntry image(const ServerId& id, const ServerName& server, std::uint64_t number) {
  const ImageName name = ImageName::of(fmt::format("image-{:06}", number));
  const Digest digest = io::sha256(name.text());
  return {.name = name,
          .identity = {id, name, 2},
          .origin_name = server,
          .copied_from = {},
          .listed = 2,
          .digest = digest,
          .size = 1'000'000 + number,
          .kind = ImageKind::tree,
          .type = TypeName::of("LINUXOS"),
          .version = fmt::format("1.{}", number),
          .platform = "linux-x86_64",
          .description = "an image for a benchmark",
          .labels = {{"team", "os"}, {"tier", "gold"}},
          .states = {{ImageState::published, 2}},
          .reason = "",
          .parent = {},
          .packed = Packed{.file = {io::sha256(digest.hex()), 400'000 + number}, .segments = 1, .table = {}}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return std::fprintf(stderr, "usage: make_peer FOLDER NAME URL IMAGES\n"), 64;
  const std::filesystem::path folder = argv[1];
  const ServerName name = ServerName::of(argv[2]);
  const std::uint64_t images = std::strtoull(argv[4], nullptr, 10);

  const trust::PrivateKey key = trust::PrivateKey::generate();
  const Role role{.threshold = 1, .keys = {key.public_key()}};
  const Time now = std::chrono::floor<Seconds>(std::chrono::system_clock::now());
  const std::string root = write_root(
      {.version = 1, .epoch = 1, .expires = now + std::chrono::hours(24 * 365), .root = role, .catalog = role, .previous = {}});
  const ServerId id = trust::id_of_root(root);
  write(folder / "public/root/1.dsse", write_envelope(trust::sign_envelope(root_payload_type, root, {&key})));

  PageWriter pages(
      [](std::string_view bytes) { return io::sha256(bytes); },
      [&](const PageRef& page, const std::string& bytes) { write(folder / "public/c" / page.piece.digest.hex(), bytes); });
  for (std::uint64_t i = 0; i < images; ++i) pages.add(image(id, name, i));
  const std::string index = write_index(pages.finish());
  write(folder / "public/c" / io::sha256(index).hex(), index);
  const std::string head = write_head({.id = id,
                                       .name = name,
                                       .epoch = 1,
                                       .serial = 2,
                                       .issued = now,
                                       .expires = now + std::chrono::hours(24 * 14),
                                       .root_version = 1,
                                       .index = {io::sha256(index), index.size()},
                                       .previous = {}});
  write(folder / "public/head.dsse", write_envelope(trust::sign_envelope(head_payload_type, head, {&key})));
  write(folder / "card.toml", write_card({.name = name, .url = argv[3], .id = id}));
  return 0;
}
