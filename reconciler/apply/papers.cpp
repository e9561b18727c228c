#include "reconciler/apply/papers.hpp"

#include <nlohmann/json.hpp>

namespace ingot {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const ImageIdentity& identity) {
  return {{"origin", identity.origin.text()}, {"name", identity.name.text()}, {"created", identity.created}};
}

template <class Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

}  // namespace

std::string write_papers(const ImageRow& row) {
  const Papers& papers = row.papers;
  const Json json = {
      {"format", "ingot.papers/1"},
      {"image", row.name.text()},
      {"digest", row.digest.text()},
      {"size", row.size},
      {"kind", text_of(row.kind)},
      {"type", row.type.text()},
      {"version", row.version},
      {"platform", row.platform},
      {"private", row.is_private},
      {"parent", row.parent_name.empty() ? Json(nullptr) : Json(row.parent_name)},
      {"parent_identity", row.parent_identity ? json_of(*row.parent_identity) : Json(nullptr)},
      {"origin", row.origin_name.text()},
      {"identity", row.identity ? json_of(*row.identity) : Json(nullptr)},
      {"time", time_text(papers.time)},
      {"run", papers.run},
      {"actor", papers.actor},
      {"commit", or_null(papers.commit)},
      {"rule", papers.rule},
      {"peer", or_null(papers.peer)},
      {"head", papers.head ? Json(papers.head->text()) : Json(nullptr)},
  };
  // What a manifest or a peer wrote may be no UTF-8; papers are kept all the same.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace ingot
