// How PeerMemory's small files look: one line of JSON, then (for heads and floors) the raw envelope as it was served.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "reconciler/io/disk/peer_memory.hpp"

namespace ingot::io {

/// Bytes of a settled mark with its notes; a larger one is not kept.
inline constexpr std::size_t largest_mark = 1024 * 1024;

std::string write_cached_head(const CachedHead& head);
std::string write_settled(const SettledMark& mark);
std::string write_floor(const FloorRecord& record);
/// Envelopes one after the other, each behind its length.
std::string write_evidence(const std::vector<std::string>& heads);

// nullopt: not what the writer above writes.
std::optional<CachedHead> parse_cached_head(std::string_view text);
std::optional<SettledMark> parse_settled(std::string_view text);
std::optional<FloorRecord> parse_floor(std::string_view text);
/// As far as it can be read.
std::vector<std::string> parse_evidence(std::string_view text);

}  // namespace ingot::io
