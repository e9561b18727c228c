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
  const mode_t mode = modes_of(place).file;

  StagedFile staged(*files_, staging(folder_));
  transfer::Packer packer(threads, [&](std::string_view packed) { staged.write(packed); });
  const transfer::SourceRemarks remarks = transfer::write_canonical(
      source, [&](std::string_view plain) { packer.write(plain); },
      [&](std::uint64_t done) {
        if (progress) progress(done, survey.bytes);
      });
  const transfer::PackedResult result = packer.finish();
  check_unchanged(source.path, survey, transfer::survey_source(source));
  check_expected(source.path, result.digest, expected);
  staged.finish(mode);

  Ingested ingested{
      .digest = result.digest,
      .size = result.size,
      .kind = survey.kind,
      .packed = {.file = {result.file, result.table.packed}, .segments = result.table.segments.size(), .table = std::nullopt},
      .source_stamp = survey.stamp,
      .remarks = remarks.texts()};
  if (result.table.segments.size() > 1) {
    const std::string table = write_segment_table(result.table);
    ingested.packed.table = Piece{io::sha256(table), table.size()};
    StagedFile staged_table(*files_, staging(folder_));
    staged_table.write(table);
    staged_table.finish(mode);
    keep_object(staged_table.path(), *ingested.packed.table, place);
    staged_table.release();
  }
  keep_object(staged.path(), ingested.packed.file, place);
  staged.release();
  return ingested;
}

}  // namespace ingot::store
