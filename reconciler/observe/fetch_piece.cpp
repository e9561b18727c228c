#include "reconciler/observe/fetch_piece.hpp"

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"

namespace ingot::observe {

namespace {

using Status = io::Response::Status;

trust::Distrust wrong_length(std::uint64_t expected, const std::string& got) {
  return {Code::bad_digest, fmt::format("{} bytes where the signed catalog says {}", got, expected)};
}

/// The answer is there: whether it is the piece.
std::optional<Failure> judge(const Visit& visit, const std::string& path, const Piece& piece, const io::Fetched& fetched) {
  if (fetched.body.empty() && piece.length > 0) return unreachable(fmt::format("{}{}: the answer is empty", visit.url, path));
  if (fetched.body.size() == piece.length && io::sha256(fetched.body) == piece.digest) return std::nullopt;
  if (fetched.response.web_page) return web_page(visit, path);
  if (fetched.body.size() < piece.length && !fetched.response.length_known)
    return unreachable(fmt::format("{}{}: the answer is cut off", visit.url, path));
  if (fetched.body.size() != piece.length)
    return untrusted(visit, path, wrong_length(piece.length, std::to_string(fetched.body.size())));
  return untrusted(visit, path, {Code::bad_digest, "the bytes do not match the signed catalog"});
}

}  // namespace

Tried<std::string> fetch_piece(const Visit& visit, const Piece& piece) {
  const std::string path = "c/" + piece.digest.hex();
  io::Request request;
  request.path = path;
  request.at_most = piece.length;
  io::Fetched fetched = io::fetch(visit.transport, request);
  const io::Response& response = fetched.response;
  if (response.status == Status::not_found) {
    return unreachable(fmt::format("{}; the head names it, so the peer may be publishing now, or has lost it", response.why),
                       Code::missing_piece);
  }
  if (response.status == Status::oversize) {
    if (response.web_page) return web_page(visit, path);
    return untrusted(visit, path, wrong_length(piece.length, "more"));
  }
  if (response.status != Status::ok) return not_got(visit, response);
  if (auto failure = judge(visit, path, piece, fetched)) return *std::move(failure);
  visit.memory.keep_piece(visit.id(), piece, fetched.body);
  return std::move(fetched.body);
}

Tried<std::string> cached_or_fetched_piece(const Visit& visit, const Piece& piece) {
  if (auto bytes = visit.memory.piece(visit.id(), piece)) return *std::move(bytes);
  return fetch_piece(visit, piece);
}

}  // namespace ingot::observe
