// A peer that offers one image, and a copy of it: what the tests of copying and of going on with a copy share.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/transfer/copy_image.hpp"
#include "reconciler/transfer/pack.hpp"
#include "schema/catalog/write_catalog.hpp"
#include "tests/support/fake_transport.hpp"
#include "tests/support/fault_files.hpp"
#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::copying {

namespace fs = std::filesystem;
using namespace testing_support;

class Copy : public testing::Test {
 protected:
  TestFolder box;
  const std::string partial = box.path() + "/x.part";
  io::SystemClock clock;
  io::Throttle throttle{clock, std::nullopt};
  FaultFiles files;
  FakePeer peer;
  transfer::CopyJob job;
  SegmentTable table;
  std::string packed;

  void SetUp() override { offer(5 * segment_size - 1000); }

  /// The peer has an incompressible image of so many bytes.
  void offer(std::size_t size) {
    std::mt19937_64 random(size);
    std::string plain;
    while (plain.size() < size) {
      const std::uint64_t number = random();
      plain.append(reinterpret_cast<const char*>(&number), sizeof number);
    }
    plain.resize(size);
    packed.clear();
    transfer::Packer packer(2, [&](std::string_view bytes) { packed += bytes; });
    packer.write(plain);
    const transfer::PackedResult result = packer.finish();
    table = result.table;
    job = transfer::CopyJob{.digest = result.digest,
                            .size = size,
                            .packed = {.file = {result.file, packed.size()}, .segments = table.segments.size(), .table = {}},
                            .connections = 1,
                            .progress = {}};
    peer.files = {{transfer::object_path(result.file), packed}};
    if (table.segments.size() < 2) return;
    const std::string lines = write_segment_table(table);
    job.packed.table = Piece{io::sha256(lines), lines.size()};
    peer.files[transfer::object_path(job.packed.table->digest)] = lines;
  }

  std::variant<transfer::CopyDone, transfer::CopyFailed> copy() {
    return transfer::copy_packed(peer, files, throttle, job, partial);
  }
  std::string code() {
    const auto result = copy();
    const auto* const failed = std::get_if<transfer::CopyFailed>(&result);
    text = failed == nullptr ? "" : failed->text;
    return failed == nullptr ? "done" : std::string(text_of(failed->code));
  }
  std::string text;
  bool is_whole() const { return fs::exists(partial) && read_text(partial) == packed; }
  std::uint64_t offset_of(std::size_t segment) const {
    std::uint64_t offset = 0;
    for (std::size_t i = 0; i < segment; ++i) offset += table.segments[i].packed;
    return offset;
  }
  /// Requests but those for the table.
  std::vector<io::Request> byte_requests() const {
    std::vector<io::Request> found;
    for (const io::Request& request : peer.requests()) {
      if (request.path == transfer::object_path(job.packed.file.digest)) found.push_back(request);
    }
    return found;
  }
  /// The fault holds for answers with the image's bytes, by their number.
  void fault_in_bytes(const std::function<std::optional<FakeFault>(std::size_t)>& fault) {
    peer.fault = [this, fault, number = std::make_shared<std::atomic<std::size_t>>(0)](
                     std::size_t, const io::Request& request) -> std::optional<FakeFault> {
      if (request.path != transfer::object_path(job.packed.file.digest)) return std::nullopt;
      return fault((*number)++);
    };
  }
};

}  // namespace ingot::copying
