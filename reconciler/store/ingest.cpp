// A source becomes an object: canonical bytes, packed into staging. staging.cpp makes them durable and names them.
#include <fmt/core.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/store/layout.hpp"
#include "reconciler/store/staged_file.hpp"
#include "reconciler/store/store.hpp"
#include "reconciler/transfer/canonical_tar.hpp"
#include "reconciler/transfer/pack.hpp"
#include "schema/catalog/write_catalog.hpp"
#include "schema/error.hpp"

namespace ingot::store {

namespace {

using namespace layout;

void check_unchanged(const std::string& source, const transfer::SourceSurvey& before, const transfer::SourceSurvey& after) {
  if (transfer::is_as_it_was(after, before.stamp)) return;
  throw Error(Fault::incomplete, fmt::format("the source \"{}\" changed while it was read", io::printable(source)),
              "run it again when no program writes there");
}

void check_expected(const std::string& source, const Digest& digest, const std::optional<Digest>& expected) {
  if (!expected || *expected == digest) return;
  throw Error(
      Fault::incomplete,
      fmt::format("the source \"{}\" has {}, the manifest says {}", io::printable(source), digest.text(), expected->text()),
      "check which of the two is the right image")
      .with_code(Code::source_mismatch)
      .about(source);
}

}  // namespace

Packed layout::packed_of(const transfer::PackedResult& result) {
  Packed packed{.file = {result.file, result.table.packed}, .segments = result.table.segments.size(), .table = std::nullopt};
  if (packed.segments == 1) return packed;
  const std::string table = write_segment_table(result.table);
  packed.table = Piece{io::sha256(table), table.size()};
  return packed;
}

TakenIn Store::take_in(const transfer::Source& source, const std::optional<Digest>& expected, int threads,
                       const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  const transfer::SourceSurvey survey = transfer::survey_source(source);
  auto image = new_image(threads);
  const transfer::SourceRemarks remarks = transfer::write_canonical(
      source, [&](std::string_view plain) { image->write(plain); },
      [&](std::uint64_t done) {
        if (progress) progress(done, survey.bytes);
      });
  const transfer::PackedResult& result = image->finish();
  check_unchanged(source.path, survey, transfer::survey_again(source));
  check_expected(source.path, result.digest, expected);
  return {.bytes = {.digest = result.digest,
                    .size = result.size,
                    .kind = survey.kind,
                    .packed = packed_of(result),
                    .source_stamp = survey.stamp,
                    .remarks = remarks.texts()},
          .result = result,
          .image = std::move(image)};
}

std::unique_ptr<StagedImage> Store::new_image(int threads) {
  return std::make_unique<StagedImage>(*files_, staging(folder_), threads);
}

Packed Store::keep(StagedImage& image, const transfer::PackedResult& result, Place place) {
  Staged staged;
  stage_image(image, result, place, staged);
  name(std::move(staged));
  return packed_of(result);
}

Piece Store::keep_file(const std::function<void(const std::function<void(std::string_view)>& out)>& write, Place place) {
  auto file = std::make_unique<StagedFile>(*files_, staging(folder_));
  io::Sha256 hash;
  Piece piece;
  write([&](std::string_view bytes) {
    hash.update(bytes);
    piece.length += bytes.size();
    file->write(bytes);
  });
  piece.digest = hash.finish();
  Staged staged;
  stage_file(std::move(file), piece, place, staged);
  name(std::move(staged));
  return piece;
}

}  // namespace ingot::store
