// Effects on uploads.
#include "schema/error.hpp"
#include "state/recording.hpp"

namespace ingot::state {

void Recording::put(const PutUpload& effect) {
  database_.execute(
      "INSERT INTO upload (place, serial, etag) VALUES (?, ?, ?)"
      " ON CONFLICT (place) DO UPDATE SET serial = excluded.serial, etag = excluded.etag",
      effect.row.place, effect.row.serial, effect.row.etag);
  changed_ = true;
}

void Recording::put(const PutUploaded& effect) {
  const UploadedRow& row = effect.row;
  Statement upload = database_.query("SELECT number FROM upload WHERE place = ?", effect.place);
  if (!upload.step()) throw Error(Fault::internal, "an object of an unknown upload");
  const auto number = upload.next<std::int64_t>();
  // What is about to be put may have been begun in parts: then it goes on.
  const bool goes_on =
      !row.etag && database_
                       .query("SELECT 1 FROM uploaded WHERE upload = ? AND path = ? AND digest = ? AND parts IS NOT NULL", number,
                              row.path, row.piece.digest)
                       .step();
  if (goes_on) return;
  database_.execute("DELETE FROM uploaded_part WHERE upload = ? AND path = ?", number, row.path);
  database_.execute(
      "INSERT INTO uploaded (upload, path, digest, size, etag, unneeded) VALUES (?, ?, ?, ?, ?, ?)"
      " ON CONFLICT (upload, path) DO UPDATE SET digest = excluded.digest, size = excluded.size, etag = excluded.etag,"
      " parts = NULL, unneeded = excluded.unneeded",
      number, row.path, row.piece.digest, row.piece.length, row.etag, row.unneeded_since);
  changed_ = true;
}

void Recording::put(const DropUploaded& effect) {
  database_.execute("DELETE FROM uploaded WHERE path = ? AND upload = (SELECT number FROM upload WHERE place = ?)", effect.path,
                    effect.place);
  changed_ = true;
}

void Recording::put(const MarkUploaded& effect) {
  database_.execute("UPDATE uploaded SET unneeded = ? WHERE path = ? AND upload = (SELECT number FROM upload WHERE place = ?)",
                    effect.unneeded_since, effect.path, effect.place);
}

void Recording::put(const PutUploadParts& effect) {
  database_.execute("DELETE FROM uploaded_part WHERE path = ? AND upload = (SELECT number FROM upload WHERE place = ?)",
                    effect.path, effect.place);
  database_.execute(
      "UPDATE uploaded SET parts = nullif(?, '') WHERE path = ? AND upload = (SELECT number FROM upload WHERE place = ?)",
      effect.id, effect.path, effect.place);
}

void Recording::put(const PutUploadPart& effect) {
  database_.execute(
      "INSERT INTO uploaded_part (upload, path, number, etag) SELECT number, ?, ?, ? FROM upload WHERE place = ?"
      " ON CONFLICT (upload, path, number) DO UPDATE SET etag = excluded.etag",
      effect.path, effect.number, effect.etag, effect.place);
}

}  // namespace ingot::state
