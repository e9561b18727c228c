// The head: a small signed document that names everything else.
#include "schema/catalog/parse_fields.hpp"

namespace ingot {

namespace {

Head read_head(std::string_view payload) {
  StrictJson json(longest_text);
  const JsonObject object(json.parse(payload), {"format", "server", "epoch", "serial", "issued", "expires", "root", "index",
                                                "previous", "state", "note", "critical"});
  object.require_format("ingot.head");
  const JsonObject server = object.object("server", {"name", "id"});
  Head head{.id = read_server_id(server, "id"),
            .name = read_name<ServerName>(server, "name"),
            .issued = {},
            .expires = {},
            .index = {},
            .previous = {}};
  head.epoch = object.number("epoch", 1);
  head.serial = object.number("serial", 1);
  head.issued = read_time(object, "issued");
  head.expires = read_time(object, "expires");
  if (head.expires < head.issued) object.refuse("expires", "is before \"issued\"");
  head.root_version = object.object("root", {"version"}).number("version", 1);
  head.index = read_piece(object.object("index", {"digest", "length"}), largest_index);
  head.previous = read_digest_or_null(object, "previous");
  if (object.has("state")) head.state = read_piece(object.object("state", {"digest", "length"}), largest_stated);
  if (object.has("note")) head.commit = object.object("note", {"commit"}).text_or("commit", "");
  return head;
}

}  // namespace

std::variant<Head, Malformed> parse_head(std::string_view payload) {
  if (payload.size() > largest_head) return Malformed{"is longer than 64 KiB"};
  return reading<Head>([&] { return read_head(payload); });
}

}  // namespace ingot
