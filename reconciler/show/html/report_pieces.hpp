// The charts and tables of a server's report, made of its usage.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/history/usage.hpp"
#include "reconciler/show/html/html_writer.hpp"
#include "reconciler/show/html/svg_charts.hpp"

namespace ingot::show {

using CopiedByDay = std::map<history::Day, std::map<std::string, history::Copied>>;

/// "2026-11-30"
std::string iso_day(history::Day day);

/// Which part of a bar a peer is: those with most bytes have their own, the others share the last.
class CopiedParts {
 public:
  explicit CopiedParts(const CopiedByDay& copied);
  const std::vector<std::string>& names() const { return names_; }
  std::size_t part_of(const std::string& peer) const;

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::size_t> parts_;
};

BarChart copied_by_day(const CopiedByDay& copied, const CopiedParts& parts, history::Day today);         ///< the last 90 days
BarChart copied_by_month(const CopiedByDay& copied, const CopiedParts& parts, history::Day today);       ///< at most 60 months
BarChart failures_by_month(const std::map<history::Day, history::RunCounts>& runs, history::Day today);  ///< likewise
/// `sizes`: not empty. `available`: free bytes of the disk.
Timeline growth_chart(const std::vector<history::StoreSize>& sizes, history::Day today,
                      const std::optional<history::Forecast>& forecast, std::uint64_t available);

/// Every peer with its bytes in the last 30 and 365 days and in all.
void put_peers(const CopiedByDay& copied, history::Day today, HtmlWriter& html);
/// The newest days with their peers, folded.
void put_days(const CopiedByDay& copied, HtmlWriter& html);

}  // namespace ingot::show
