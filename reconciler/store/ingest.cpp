// A source becomes an object: canonical bytes, packed into staging, synced, renamed. A sync that failed means that the
// bytes were not written: the staged file goes, and nothing is tried again (PostgreSQL's lesson of 2018).
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

Ingested Store::ingest(const transfer::Source& source, const std::optional<Digest>& expected, Place place, int threads,
                       const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  const transfer::SourceSurvey survey = transfer::survey_source(source);
  const auto image = stage(threads);
  const transfer::SourceRemarks remarks = transfer::write_canonical(
      source, [&](std::string_view plain) { image->write(plain); },
      [&](std::uint64_t done) {
        if (progress) progress(done, survey.bytes);
      });
  const transfer::PackedResult& result = image->finish(modes_of(place).file);
  check_unchanged(source.path, survey, transfer::survey_source(source));
  check_expected(source.path, result.digest, expected);
  return {.digest = result.digest,
          .size = result.size,
          .kind = survey.kind,
          .packed = keep(*image, result, place),
          .source_stamp = survey.stamp,
          .remarks = remarks.texts()};
}

std::unique_ptr<StagedImage> Store::stage(int threads) {
  return std::make_unique<StagedImage>(*files_, staging(folder_), threads);
}

Packed Store::keep(StagedImage& image, const transfer::PackedResult& result, Place place) {
  Packed packed{.file = {result.file, result.table.packed}, .segments = result.table.segments.size(), .table = std::nullopt};
  if (result.table.segments.size() > 1) {
    const std::string table = write_segment_table(result.table);
    packed.table = Piece{io::sha256(table), table.size()};
    StagedFile staged_table(*files_, staging(folder_));
    staged_table.write(table);
    staged_table.finish(modes_of(place).file);
    keep_object(staged_table.path(), *packed.table, place);
    staged_table.release();
  }
  keep_object(image.file().path(), packed.file, place);
  image.file().release();
  return packed;
}

Piece Store::keep_file(const std::function<void(const std::function<void(std::string_view)>& out)>& write, Place place) {
  StagedFile staged(*files_, staging(folder_));
  io::Sha256 hash;
  Piece piece;
  write([&](std::string_view bytes) {
    hash.update(bytes);
    piece.length += bytes.size();
    staged.write(bytes);
  });
  piece.digest = hash.finish();
  staged.finish(modes_of(place).file);
  keep_object(staged.path(), piece, place);
  staged.release();
  return piece;
}

}  // namespace ingot::store
