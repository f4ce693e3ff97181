/** The product's mark. */
export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#2450c8" />
      <path d="M7 11h9M7 16h13M7 21h6" stroke="#fff" strokeWidth="2.6" strokeLinecap="round" opacity=".75" />
      <path
        d="m19 9 7 7-7 7"
        fill="none"
        stroke="#fff"
        strokeWidth="2.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
