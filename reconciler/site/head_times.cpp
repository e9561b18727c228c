#include "reconciler/site/head_times.hpp"

#include <charconv>
#include <sstream>

#include <fmt/format.h>

#include "schema/error.hpp"

namespace ingot::site {

namespace {

constexpr std::uint64_t largest_times_file = 1024 * 1024;

/// The id is hexadecimal, so no name from outside becomes a path.
std::string times_folder(const std::string& folder) { return folder + "/heads"; }
std::string times_path(const std::string& folder, const ServerId& id) { return times_folder(folder) + "/" + id.root.hex(); }

/// Lines "12 2026-11-23T02:00:00Z"; empty if one of them is anything else.
HeadTimes parse_times(const std::string& text) {
  HeadTimes times;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto space = line.find(' ');
    Serial serial = 0;
    const char* const end = line.data() + std::min(space, line.size());
    const auto number = std::from_chars(line.data(), end, serial);
    const auto time = space == std::string::npos ? std::nullopt : parse_time(std::string_view(line).substr(space + 1));
    if (number.ec != std::errc{} || number.ptr != end || !time) return {};
    times[serial] = *time;
  }
  return times;
}

std::string times_text(const HeadTimes& times) {
  std::string text;
  for (const auto& [serial, time] : times) text += fmt::format("{} {}\n", serial, time_text(time));
  return text;
}

}  // namespace

HeadTimes head_times(io::Files& files, const std::string& folder, const ServerId& id) {
  try {
    return parse_times(io::read_file_if_there(files, times_path(folder, id), largest_times_file).value_or(""));
  } catch (const Error&) {  // a cache: without it the report says less
    return {};
  }
}

HeadTimes note_head_time(io::Files& files, const std::string& folder, const ServerId& id, Serial serial, Time issued) {
  HeadTimes times = head_times(files, folder, id);
  if (!times.emplace(serial, issued).second) return times;
  while (times.size() > most_head_times) times.erase(times.begin());
  try {
    io::make_folders(files, times_folder(folder), 0700);
    io::replace_file_unsynced(files, times_path(folder, id), times_text(times), 0600);
  } catch (const Error&) {  // likewise
  }
  return times;
}

}  // namespace ingot::site
