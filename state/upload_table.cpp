#include "state/upload_table.hpp"

#include <algorithm>

#include "state/state_impl.hpp"

namespace ingot::state {

std::vector<UploadRow> read_uploads(Database& database) {
  std::vector<UploadRow> uploads;
  Statement rows = database.query(
      "SELECT place, serial, etag, (SELECT count(*) FROM uploaded WHERE upload = number AND etag IS NULL) FROM upload"
      " ORDER BY place");
  while (rows.step()) {
    uploads.push_back(UploadRow{.place = rows.next<std::string>(),
                                .serial = rows.next<Serial>(),
                                .etag = rows.next<std::string>(),
                                .unfinished = rows.next<std::uint64_t>()});
  }
  return uploads;
}

std::optional<UploadRow> State::upload(const std::string& place) const {
  return impl_->read([&]() -> std::optional<UploadRow> {
    const std::vector<UploadRow> all = read_uploads(impl_->database);
    const auto found = std::find_if(all.begin(), all.end(), [&](const UploadRow& row) { return row.place == place; });
    return found == all.end() ? std::nullopt : std::optional(*found);
  });
}

std::vector<UploadedRow> State::uploaded(const std::string& place) const {
  return impl_->read([&] {
    std::vector<UploadedRow> objects;
    Statement rows = impl_->database.scan(
        "SELECT path, digest, size, u.etag, unneeded FROM uploaded u JOIN upload ON number = upload WHERE place = ? ORDER BY "
        "path",
        place);
    while (rows.step()) {
      UploadedRow row{.path = rows.next<std::string>(), .piece = {.digest = rows.next<Digest>(), .length = 0}, .etag = {}};
      row.piece.length = rows.next<std::uint64_t>();
      row.etag = rows.next<std::optional<std::string>>();
      row.unneeded_since = rows.next<std::optional<Time>>();
      objects.push_back(std::move(row));
    }
    return objects;
  });
}

std::optional<UploadParts> State::upload_parts(const std::string& place, const std::string& path) const {
  return impl_->read([&]() -> std::optional<UploadParts> {
    Statement row = impl_->database.query(
        "SELECT number, parts FROM uploaded JOIN upload ON number = upload WHERE place = ? AND path = ? AND parts IS NOT NULL",
        place, path);
    if (!row.step()) return std::nullopt;
    const auto upload = row.next<std::int64_t>();
    UploadParts parts{.id = row.next<std::string>(), .etags = {}};
    Statement etags = impl_->database.query("SELECT number, etag FROM uploaded_part WHERE upload = ? AND path = ?", upload, path);
    while (etags.step()) {
      const auto number = static_cast<int>(etags.next<std::int64_t>());
      parts.etags.emplace(number, etags.next<std::string>());
    }
    return parts;
  });
}

std::vector<std::string> State::uploads_in_parts(const std::string& place) const {
  return impl_->read([&] {
    std::vector<std::string> paths;
    Statement rows = impl_->database.query(
        "SELECT path FROM uploaded JOIN upload ON number = upload WHERE place = ? AND parts IS NOT NULL ORDER BY path", place);
    while (rows.step()) paths.push_back(rows.next<std::string>());
    return paths;
  });
}

}  // namespace ingot::state
